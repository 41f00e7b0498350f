using Agents.Analytics.Archive;
using Agents.Analytics.Audit;

namespace Agents.Analytics.Folding;

/// <summary>
/// Turns the archive into figures, round by round: reads what is new in the ledgers of all replicas, folds the events of the tenants whose
/// shards it holds, and stores what has changed. What is not stored when it dies is read again by whoever takes its shards.
/// </summary>
internal sealed class Folder(EventArchive archive, FigureStore store, AuditLog audit, TimeProvider time)
{
    private const int Portion = 1_024;

    // Ids of events that are remembered at a time, about 24 bytes each.
    private const int MaxWeight = 2_000_000;

    private readonly Dictionary<int, ShardFold> _held = [];
    private IReadOnlyList<Segment> _segments = [];
    private long _round;

    /// <summary>The shards that are folded here.</summary>
    public IReadOnlyCollection<int> Shards => _held.Keys;

    /// <summary>Tenants of which something was folded in the last seconds.</summary>
    public IEnumerable<string> Busy => _held.Values.SelectMany(fold => fold.Busy);

    /// <summary>Goes on with a shard, as the holder of a lease.</summary>
    /// <exception cref="FoldFencedException">Another replica holds a newer one.</exception>
    public async Task TakeAsync(int shard, long fence, CancellationToken cancellationToken)
    {
        var fold = new ShardFold(shard, fence, store, archive, audit, time);
        await fold.BeginAsync(cancellationToken);
        _held[shard] = fold;
    }

    /// <summary>Forgets everything: after a failure, what is stored is all that counts.</summary>
    public void Forget() => _held.Clear();

    /// <summary>Folds all that is new.</summary>
    /// <param name="thorough">Looks for new segments and into all of them, notes how far the fold is, and makes hours and days.</param>
    /// <returns>Shards that another replica has taken over.</returns>
    public async Task<IReadOnlyList<int>> RoundAsync(bool thorough, CancellationToken cancellationToken)
    {
        var lost = new List<int>();
        if (_held.Count == 0)
            return lost;
        _round++;
        var at = time.GetUtcNow();
        if (thorough)
            _segments = await archive.SegmentsAsync(_held.Values.Min(fold => fold.From), cancellationToken);
        // To segments of the days before, only replicas append whose clocks are wrong.
        foreach (var segment in _segments.Where(segment => thorough || segment.Day >= archive.Today))
            await ReadAsync(segment, lost, cancellationToken);
        await EachAsync(fold => fold.WriteAsync(_round, all: false, cancellationToken), lost);
        if (thorough)
            await EachAsync(fold => fold.FinishAsync(at, cancellationToken), lost);
        return lost;
    }

    private async Task ReadAsync(Segment segment, List<int> lost, CancellationToken cancellationToken)
    {
        var ledger = archive.Of(segment);
        while (_held.Count > 0 && _held.Values.Min(fold => fold.NextOf(segment)) is var next && next != long.MaxValue)
        {
            var slice = await ledger.ReadAsync(next, Portion, cancellationToken);
            for (var i = 0; i < slice.Entries.Count; i++)
            {
                var archived = slice.Entries[i];
                if (_held.TryGetValue(FigureStore.ShardOf(archived.Tenant), out var fold) && fold.NextOf(segment) <= next + i)
                    await fold.AddAsync(segment, next + i, archived, KnownEvents.Read(archived), _round, cancellationToken);
            }
            foreach (var fold in _held.Values)
                fold.Advance(segment, slice.Next);
            if (slice.Next >= slice.End || slice.Entries.Count == 0)
                return;
            if (_held.Values.Sum(fold => fold.Weight) > MaxWeight)
                await LightenAsync(lost, cancellationToken);
        }
    }

    // Behind by very much, as after days without this service: what was folded so far is stored, so that memory stays bounded.
    private async Task LightenAsync(List<int> lost, CancellationToken cancellationToken)
    {
        await EachAsync(fold => fold.WriteAsync(_round, all: true, cancellationToken), lost);
        await EachAsync(fold => fold.NoteAsync(null, cancellationToken), lost);
    }

    private async Task EachAsync(Func<ShardFold, Task> action, List<int> lost)
    {
        foreach (var (shard, fold) in _held.ToList())
        {
            try
            {
                await action(fold);
            }
            catch (FoldFencedException)
            {
                _held.Remove(shard);
                lost.Add(shard);
            }
        }
    }
}
