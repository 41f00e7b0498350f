using Agents.Analytics.Figures;
using Agents.Analytics.Folding;
using Agents.Defaults.Api;

namespace Agents.Analytics.Series;

/// <summary>Figures of a stretch of time.</summary>
/// <param name="Complete">Everything that had arrived a few seconds ago is counted.</param>
internal sealed record Excerpt(Tally Tally, bool Complete)
{
    // Events travel in the background, and a broker may be away for a moment.
    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(2);

    /// <summary>Whether facts of the range may still come, or be counted.</summary>
    public bool IsProvisional(TimeRange range, DateTimeOffset now) => IsProvisional(Complete, range, now);

    public static bool IsProvisional(bool complete, TimeRange range, DateTimeOffset now) => !complete || range.To + Settling > now;
}

/// <summary>The same, step by step.</summary>
/// <param name="Tallies">In order; a step without events has an empty tally.</param>
internal sealed record Steps(IReadOnlyList<(TimeRange Range, Tally Tally)> Tallies, bool Complete)
{
    /// <inheritdoc cref="Excerpt.IsProvisional(TimeRange, DateTimeOffset)"/>
    public bool IsProvisional(TimeRange range, DateTimeOffset now) => Excerpt.IsProvisional(Complete, range, now);
}

/// <summary>Reads what is folded. Any replica reads the figures of any tenant.</summary>
internal sealed class FigureReader(FigureStore store, TimeProvider time)
{
    // The fold says every five seconds how far it is; a replica that died is missed after three.
    private static readonly TimeSpan Behind = TimeSpan.FromSeconds(30);

    // The longest time for which a session is kept when nothing happens, and as much again.
    private static readonly TimeSpan LongestSession = TimeSpan.FromDays(60);

    public async Task<Excerpt> ReadAsync(
        string tenant, TimeRange range, IReadOnlyCollection<Dimension> dimensions, CancellationToken cancellationToken)
    {
        var steps = await StepsAsync(tenant, [range], dimensions, cancellationToken);
        return new Excerpt(steps.Tallies[0].Tally, steps.Complete);
    }

    /// <param name="ranges">In order, apart from each other.</param>
    public async Task<Steps> StepsAsync(
        string tenant, IReadOnlyList<TimeRange> ranges, IReadOnlyCollection<Dimension> dimensions, CancellationToken cancellationToken)
    {
        var shard = store.ShardAsync(FigureStore.ShardOf(tenant), cancellationToken);
        // Before the figures: what it calls good was good by then, and better ones may have taken its place since.
        var record = await store.TenantAsync(tenant, cancellationToken);
        var now = time.GetUtcNow();
        var tallies = ranges.Select(range => (Range: range, Tally: new Tally())).ToList();
        var into = new Dictionary<Block, Tally>();
        foreach (var (range, tally) in tallies)
        {
            foreach (var block in Cover.Of(range, record).Where(block => block.Start <= now))
                into[block] = tally;
        }
        await store.ReadAsync(tenant, into.Keys, dimensions, block => into[block], cancellationToken);
        return new Steps(tallies, now - (await shard)?.At < Behind);
    }

    /// <summary>What became of the sessions that ended in a range, and all that they cost: also before the range, back to their start.</summary>
    public async Task<(Tally Tally, bool Complete)> CasesAsync(string tenant, TimeRange range, CancellationToken cancellationToken)
    {
        var shard = store.ShardAsync(FigureStore.ShardOf(tenant), cancellationToken);
        var record = await store.TenantAsync(tenant, cancellationToken);
        var tally = await CasesAsync(tenant, range, record, cancellationToken);
        var ended = tally.Cases.Where(part => part.Value.Outcome is not null).Select(part => part.Key.Session).ToHashSet(StringComparer.Ordinal);
        var earliest = ended.Select(session => Ids.TimeOf(session) ?? range.From).Append(range.From).Min();
        if (earliest < range.From - LongestSession)
            earliest = range.From - LongestSession;
        if (earliest < range.From)
        {
            var before = await CasesAsync(tenant, new TimeRange(Block.At(Grain.Minute, earliest).Start, range.From), record, cancellationToken);
            foreach (var (key, part) in before.Cases.Where(part => part.Value.Outcome is null && ended.Contains(part.Key.Session)))
                tally.Add(key, part);
        }
        return (tally, time.GetUtcNow() - (await shard)?.At < Behind);
    }

    private async Task<Tally> CasesAsync(string tenant, TimeRange range, TenantRecord record, CancellationToken cancellationToken)
    {
        var (now, tally) = (time.GetUtcNow(), new Tally());
        await store.ReadCasesAsync(tenant, [.. Cover.Of(range, record).Where(block => block.Start <= now)], tally, cancellationToken);
        return tally;
    }
}
