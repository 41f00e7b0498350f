using Agents.Contracts;
using Agents.Defaults.Ledgers;

namespace Agents.Analytics.Audit;

/// <summary>
/// Links audit events of the tenants of one shard to their chains, each once. An event may be delivered twice, and the archive is read
/// again after a death, some seconds back: what is noted as linked, or found at the end of the chain, is not linked again.
/// </summary>
internal sealed class AuditWriter(AuditLog log)
{
    private const int Remembered = 10_000;

    private readonly Dictionary<string, Open> _open = new(StringComparer.Ordinal);
    private readonly List<AuditRecorded> _waiting = [];

    public void Add(AuditRecorded fact) => _waiting.Add(fact);

    /// <summary>Links what was added since the last time.</summary>
    /// <exception cref="LedgerFencedException">Another replica appends to the chain.</exception>
    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        foreach (var fact in _waiting)
        {
            if (!_open.TryGetValue(fact.Tenant, out var chain))
                _open[fact.Tenant] = chain = await OpenAsync(fact.Tenant, cancellationToken);
            if (chain.Known.Contains(fact.Entry) || await log.KeepAsync(fact, cancellationToken) is not { } content)
                continue;
            var link = AuditChain.Link(fact.Entry, fact.Time, content, chain.Last);
            await chain.Ledger.AppendAsync([link], cancellationToken);
            chain.Last = link.Hash;
            chain.Known.Add(fact.Entry);
            await log.LinkedAsync(fact, cancellationToken);
        }
        _waiting.Clear();
    }

    private async Task<Open> OpenAsync(string tenant, CancellationToken cancellationToken)
    {
        var ledger = log.Chain(tenant);
        var chain = new Open(await ledger.TakeOverAsync((await ledger.ReadAsync(0, 1, cancellationToken)).Fence + 1, cancellationToken));
        // Only now does nobody else append.
        var end = await ledger.CountAsync(cancellationToken);
        for (var at = Math.Max(0, end - Remembered); await ledger.ReadAsync(at, 1_000, cancellationToken) is { Entries.Count: > 0 } slice; at = slice.Next)
        {
            chain.Known.UnionWith(slice.Entries.Select(link => link.Id));
            chain.Last = slice.Entries[^1].Hash;
        }
        return chain;
    }

    private sealed class Open(Ledger<AuditLink> ledger)
    {
        public Ledger<AuditLink> Ledger => ledger;

        public string Last { get; set; } = AuditChain.Start;

        public HashSet<string> Known { get; } = new(StringComparer.Ordinal);
    }
}
