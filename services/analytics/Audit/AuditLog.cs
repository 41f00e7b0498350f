using Agents.Contracts;
using Agents.Defaults.Api;
using Agents.Defaults.Ledgers;
using Agents.Defaults.State;

namespace Agents.Analytics.Audit;

/// <summary>
/// The audit chain of each tenant: a ledger of links, and beside it their contents, which can be erased. Only who holds the tenant's shard
/// appends; anybody reads.
/// </summary>
internal sealed class AuditLog(Stores stores, LedgerSet ledgers, TimeProvider time)
{
    private const int Portion = 500;

    public Ledger<AuditLink> Chain(string tenant) => ledgers.Get<AuditLink>($"audit/of/{tenant}");

    /// <summary>Links from a place on, with their contents; an erased one has none.</summary>
    public async Task<(LedgerSlice<AuditLink> Links, IReadOnlyList<AuditContent?> Contents)> ReadAsync(
        string tenant, long from, int limit, CancellationToken cancellationToken)
    {
        var links = await Chain(tenant).ReadAsync(from, Math.Min(limit, Portion), cancellationToken);
        var contents = await stores.Main.GetManyAsync<StoredContent>([.. links.Entries.Select(link => Key(tenant, link.Id))], cancellationToken);
        return (links, [.. links.Entries.Select(link => contents.GetValueOrDefault(Key(tenant, link.Id))?.Value.Content)]);
    }

    /// <summary>Stores what an entry says, before its link.</summary>
    /// <returns>The content to be linked; null when the entry is linked, or was erased.</returns>
    public async Task<AuditContent?> KeepAsync(AuditRecorded fact, CancellationToken cancellationToken)
    {
        // The index comes first: an entry about a user that the erasure would not find must not be.
        if (fact.User is { } user)
            await OfUser(fact.Tenant, user).AppendAsync([fact.Entry], cancellationToken);
        var content = AuditContent.Of(new AuditFact(fact.Actor, fact.Action, fact.Object, fact.Before, fact.After, fact.User));
        var stored = await stores.Main.UpdateAsync<StoredContent>(
            Key(fact.Tenant, fact.Entry), current => current is null ? new StoredContent(content, false, null) : null, cancellationToken);
        return stored!.Linked ? null : stored.Content;
    }

    /// <summary>Notes that an entry has its link, however late it comes again.</summary>
    public Task LinkedAsync(string tenant, string entry, CancellationToken cancellationToken) => stores.Main.UpdateAsync<StoredContent>(
        Key(tenant, entry), current => current is null or { Linked: true } ? null : current with { Linked = true }, cancellationToken);

    /// <summary>Erases the contents of all entries about a user. Their links stay, and the chain holds.</summary>
    /// <returns>How many are erased now.</returns>
    public async Task<int> EraseAsync(string tenant, string user, CancellationToken cancellationToken)
    {
        var erased = new HashSet<string>(StringComparer.Ordinal);
        for (long at = 0; await OfUser(tenant, user).ReadAsync(at, Portion, cancellationToken) is { Entries.Count: > 0 } slice; at = slice.Next)
        {
            foreach (var entry in slice.Entries.Where(erased.Add))
            {
                await stores.Main.UpdateAsync<StoredContent>(
                    Key(tenant, entry), current => current?.Content is null ? null : current with { Content = null, Erased = time.GetUtcNow() }, cancellationToken);
            }
        }
        return erased.Count;
    }

    private Ledger<string> OfUser(string tenant, string user) => ledgers.Get<string>($"audit/of/{tenant}/users/{Ids.Hash(user)}");

    private static string Key(string tenant, string entry) => $"audit/of/{tenant}/entries/{Ids.Hash(entry)}";

    /// <param name="Content">Null once it is erased.</param>
    private sealed record StoredContent(AuditContent? Content, bool Linked, DateTimeOffset? Erased);
}
