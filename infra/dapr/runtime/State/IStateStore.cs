namespace Agents.LocalRuntime.State;

/// <summary>A stored value. <paramref name="ExpiresAt"/> is in Unix milliseconds.</summary>
internal sealed record StateEntry(byte[] Value, string ETag, long? ExpiresAt);

/// <summary>One write. <see cref="Value"/> null deletes the key.</summary>
/// <param name="Key">The full key, prefix included.</param>
/// <param name="Value">What to store, or null to delete.</param>
/// <param name="ETag">When set, the write happens only to the entry with this ETag.</param>
/// <param name="FirstWrite">Without ETag: only if the key is free.</param>
/// <param name="TimeToLive">From now on; null keeps the value for ever.</param>
internal sealed record StateChange(string Key, byte[]? Value, string? ETag, bool FirstWrite, TimeSpan? TimeToLive);

/// <summary>A write was refused because the entry is not the one the caller knows.</summary>
internal sealed class ETagMismatchException(string detail)
    : Resiliency.PermanentException(detail.Length == 0 ? Text : $"{Text}: {detail}")
{
    public const string Text = "possible etag mismatch. error from state store";
}

/// <summary>A key-value store; all methods take full keys and may be called by any number of callers at once.</summary>
internal interface IStateStore
{
    /// <summary>
    /// A database that lives as long as the stored values do; the runtime's own tables (reminders, workflow history) lie in it beside them.
    /// </summary>
    Sqlite.SqliteDatabase Database { get; }

    /// <summary>As daprd's metadata lists them.</summary>
    IReadOnlyList<string> Capabilities { get; }

    ValueTask<StateEntry?> GetAsync(string key, CancellationToken cancel);

    /// <summary>The entries in the order of the keys; null for what is missing.</summary>
    ValueTask<StateEntry?[]> GetManyAsync(IReadOnlyList<string> keys, CancellationToken cancel);

    /// <summary>Makes one write. The task completes when the write is as durable as the store promises.</summary>
    /// <exception cref="ETagMismatchException">The entry is another one.</exception>
    Task WriteAsync(StateChange change, CancellationToken cancel);

    /// <summary>Makes all writes in order, or none.</summary>
    /// <exception cref="ETagMismatchException">One of the entries is another one; nothing was written.</exception>
    Task TransactAsync(IReadOnlyList<StateChange> changes, CancellationToken cancel);
}
