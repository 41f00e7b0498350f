using Agents.Analytics.Archive;
using Agents.Analytics.Figures;
using Agents.Contracts;

namespace Agents.Analytics.Folding;

/// <summary>
/// Folds the events of one tenant: into buckets of minutes, which are stored each round as long as they change, and minutes into hours and
/// days once these are over. Which hours and days do not stand for what they are made of is written before that becomes so, hence a
/// reader never meets a wrong one, whenever this process dies.
/// </summary>
internal sealed class TenantFold(string tenant, TenantRecord record, long fence, FigureStore store, EventArchive archive)
{
    private const int AtOnce = 1_024;

    // So much later nearly everything has arrived; whatever comes later still opens its block again.
    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(2);

    // Rounds without news after which a bucket is let go: it can be folded again from the archive.
    private const int IdleRounds = 30;

    private readonly Dictionary<Block, Bucket> _open = [];
    private readonly Ranges _hours = Ranges.Parse(record.Hours);
    private readonly Ranges _days = Ranges.Parse(record.Days);
    private TenantRecord _stored = record;

    /// <summary>See <see cref="Bucket.Weight"/>.</summary>
    public int Weight => _open.Values.Sum(bucket => bucket.Weight);

    /// <summary>Nothing is open, and all hours and days stand for what they are made of.</summary>
    public bool IsIdle => _open.Count == 0 && _hours.IsEmpty && _days.IsEmpty;

    /// <summary>Something was folded in the last seconds.</summary>
    public bool IsBusy => _open.Count > 0;

    public async ValueTask AddAsync(Segment segment, long at, ArchivedEvent archived, IEvent? fact, long round, CancellationToken cancellationToken)
    {
        var minute = Block.At(Grain.Minute, Bucket.TimeOf(archived, fact));
        if (!_open.TryGetValue(minute, out var bucket))
            _open[minute] = bucket = await OpenAsync(minute, cancellationToken);
        bucket.Cover(segment, at, at);
        bucket.Add(archived, fact);
        bucket.Touched = round;
    }

    /// <summary>Stores what has changed.</summary>
    /// <exception cref="FoldFencedException">Another replica folds this tenant now.</exception>
    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        var changed = _open.Where(bucket => bucket.Value.Changed).ToList();
        foreach (var (minute, _) in changed)
        {
            _hours.Add(minute.Above.Number);
            _days.Add(minute.Above.Above.Number);
        }
        await NoteAsync(cancellationToken);
        foreach (var (minute, bucket) in changed)
        {
            var places = bucket.Places.ToDictionary(place => place.Key.ToString(), place => place.Value.ToString());
            await store.WriteAsync(tenant, minute, new MinuteRecord(fence, places, StoredTally.Of(bucket.Tally, Dimensions.All)), cancellationToken);
            await store.WriteCasesAsync(tenant, minute, bucket.Tally, fence, cancellationToken);
            bucket.Changed = false;
        }
    }

    /// <summary>Lets go of buckets that are stored and rest, or of all of them.</summary>
    public void Rest(long round, bool all)
    {
        foreach (var minute in _open.Where(bucket => !bucket.Value.Changed && (all || bucket.Value.Touched < round - IdleRounds)).Select(bucket => bucket.Key).ToList())
            _open.Remove(minute);
    }

    /// <summary>Makes hours of minutes and days of hours that are over. Everything must be stored.</summary>
    /// <exception cref="FoldFencedException">Another replica folds this tenant now.</exception>
    public async Task CompactAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await CompactAsync(Grain.Hour, _hours, now, cancellationToken);
        await CompactAsync(Grain.Day, _days, now, cancellationToken);
        await NoteAsync(cancellationToken);
    }

    private async Task CompactAsync(Grain grain, Ranges dirty, DateTimeOffset now, CancellationToken cancellationToken)
    {
        foreach (var block in dirty.All.SelectMany(range => Numbers(range.First, range.Last)).Select(number => new Block(grain, number)).ToList())
        {
            if (block.End + Settling > now || (grain == Grain.Day && block.Below().Any(hour => _hours.Contains(hour.Number))))
                continue;
            var tally = new Tally();
            await store.ReadAsync(tenant, [.. block.Below()], Dimensions.All, _ => tally, cancellationToken);
            await store.ReadCasesAsync(tenant, [.. block.Below()], tally, cancellationToken);
            await store.WriteAsync(tenant, block, tally, fence, cancellationToken);
            await store.WriteCasesAsync(tenant, block, tally, fence, cancellationToken);
            dirty.Remove(block.Number);
        }
    }

    private async Task NoteAsync(CancellationToken cancellationToken)
    {
        var next = new TenantRecord(fence, _hours.ToString(), _days.ToString());
        if (next with { Fence = _stored.Fence } == _stored)
            return;
        await store.WriteAsync(tenant, next, cancellationToken);
        _stored = next;
    }

    private async Task<Bucket> OpenAsync(Block minute, CancellationToken cancellationToken)
    {
        var bucket = new Bucket();
        if (await store.MinuteAsync(tenant, minute, cancellationToken) is not { } stored)
            return bucket;
        foreach (var (name, places) in stored.Places)
        {
            var segment = Segment.Parse(name);
            foreach (var (first, last) in Ranges.Parse(places).All)
            {
                bucket.Cover(segment, first, last);
                await FoldAsync(bucket, minute, segment, first, last, cancellationToken);
            }
        }
        // Also when nothing is new: what was stored may be of another version of the measures.
        bucket.Changed = true;
        return bucket;
    }

    private async Task FoldAsync(Bucket bucket, Block minute, Segment segment, long first, long last, CancellationToken cancellationToken)
    {
        var ledger = archive.Of(segment);
        while (first <= last)
        {
            var slice = await ledger.ReadAsync(first, (int)Math.Min(AtOnce, last - first + 1), cancellationToken);
            foreach (var archived in slice.Entries.Where(entry => entry.Tenant == tenant))
            {
                var fact = KnownEvents.Read(archived);
                if (Block.At(Grain.Minute, Bucket.TimeOf(archived, fact)) == minute)
                    bucket.Add(archived, fact);
            }
            if (slice.Entries.Count == 0)
                return;
            first = slice.Next;
        }
    }

    private static IEnumerable<long> Numbers(long first, long last)
    {
        for (var number = first; number <= last; number++)
            yield return number;
    }
}
