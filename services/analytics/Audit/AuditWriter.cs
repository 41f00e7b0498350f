using Agents.Contracts;
using Agents.Defaults.Ledgers;

namespace Agents.Analytics.Audit;

/// <summary>
/// Links audit events of the tenants of one shard to their chains, each once. An event may be delivered twice, and the archive is read
/// again after a death, some seconds back: so each entry is noted as linked before the next one is, and of a chain that another replica
/// has left only the last one may still have to be.
/// </summary>
internal sealed class AuditWriter(AuditLog log)
{
    private readonly Dictionary<string, Open> _open = new(StringComparer.Ordinal);
    private readonly List<AuditRecorded> _waiting = [];

    public void Add(AuditRecorded fact) => _waiting.Add(fact);

    /// <summary>Links what was added since the last time. After a failure this object is of no use any more.</summary>
    /// <exception cref="LedgerFencedException">Another replica appends to the chain.</exception>
    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        foreach (var fact in _waiting)
        {
            if (!_open.TryGetValue(fact.Tenant, out var chain))
                _open[fact.Tenant] = chain = await OpenAsync(fact.Tenant, cancellationToken);
            if (await log.KeepAsync(fact, cancellationToken) is not { } content)
                continue;
            var link = AuditChain.Link(fact.Entry, fact.Time, content, chain.Last);
            await chain.Ledger.AppendAsync([link], cancellationToken);
            chain.Last = link.Hash;
            await log.LinkedAsync(fact.Tenant, fact.Entry, cancellationToken);
        }
        _waiting.Clear();
    }

    private async Task<Open> OpenAsync(string tenant, CancellationToken cancellationToken)
    {
        var ledger = log.Chain(tenant);
        var chain = new Open(await ledger.TakeOverAsync((await ledger.ReadAsync(0, 1, cancellationToken)).Fence + 1, cancellationToken));
        // Only now does nobody else append.
        var end = await ledger.CountAsync(cancellationToken);
        if (end > 0)
        {
            var last = (await ledger.ReadAsync(end - 1, 1, cancellationToken)).Entries[0];
            await log.LinkedAsync(tenant, last.Id, cancellationToken);
            chain.Last = last.Hash;
        }
        return chain;
    }

    private sealed class Open(Ledger<AuditLink> ledger)
    {
        public Ledger<AuditLink> Ledger => ledger;

        public string Last { get; set; } = AuditChain.Start;
    }
}
