namespace Agents.Testing.Ledgers;

/// <summary>The stores that a ledger must be right on.</summary>
public static class LedgerStores
{
    /// <summary>A store of its own for each history: it behaves as Redis does.</summary>
    public static HttpMessageInvoker RedisLike() => new(new RedisLikeStore());
}
