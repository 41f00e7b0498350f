using Agents.Analytics.Archive;
using Agents.Analytics.Audit;
using Agents.Analytics.Folding;
using Agents.Analytics.Series;
using Agents.Analytics.Users;
using Agents.Defaults;
using Agents.Defaults.Ledgers;
using Agents.Defaults.State;
using Agents.Testing.Ledgers;

namespace Agents.Analytics.Tests.Folding;

/// <summary>Replicas of analytics over one store, as far as archive and figures go.</summary>
internal sealed class FoldWorld(DateTimeOffset start) : IDisposable
{
    private readonly SharedStore _store = new(TimeProvider.System);
    private long _fence;

    public ManualClock Clock { get; } = new(start);

    /// <param name="calls">It dies in so many calls to the store.</param>
    public Replica New(string name, int calls = int.MaxValue)
    {
        var stores = new Stores(_store.Client(calls), Clock);
        var ledgers = new LedgerSet(stores, Clock);
        var archive = new EventArchive(stores, ledgers, new ServiceIdentity("analytics", "analytics", name, "e", "1"), Clock);
        var figures = new FigureStore(stores, ledgers);
        var audit = new AuditLog(stores, ledgers, Clock);
        return new Replica(archive, figures, new Folder(archive, figures, audit, Clock), new FigureReader(figures, Clock), audit, new Pseudonyms(stores, Clock));
    }

    /// <summary>Has a replica take all shards, under a newer lease than any before.</summary>
    public async Task LeadAsync(Replica replica, CancellationToken cancellationToken)
    {
        _fence++;
        for (var shard = 0; shard < FigureStore.Shards; shard++)
            await replica.Folder.TakeAsync(shard, _fence, cancellationToken);
    }

    public void Dispose() => _store.Dispose();
}

internal sealed record Replica(EventArchive Archive, FigureStore Figures, Folder Folder, FigureReader Reader, AuditLog Audit, Pseudonyms Users);
