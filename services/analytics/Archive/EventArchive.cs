using System.Collections.Concurrent;
using System.Text.Json;
using Agents.Defaults;
using Agents.Defaults.Api;
using Agents.Defaults.Ledgers;
using Agents.Defaults.State;

namespace Agents.Analytics.Archive;

/// <summary>
/// Everything that was ever announced, for <see cref="Kept"/>. Each replica appends to a ledger of its own, <c>archive/{day}/{replica}</c>,
/// so that replicas never race and a ledger does not grow for ever; <c>archive</c> names the days and <c>archive/{day}</c> the replicas,
/// so that any replica can read everything.
/// </summary>
internal sealed class EventArchive(Stores stores, LedgerSet ledgers, ServiceIdentity identity, TimeProvider time)
{
    private const string RosterKey = "archive";

    /// <summary>How long an event is kept after the day on which it was received.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(400);

    // What one append of a ledger takes, with room for the brackets around.
    private const int MaxEntries = 256;
    private const int MaxBytes = Envelope.MaxBytes;

    private const int MaxKeys = 500;

    // Thousands of names of pods still fit in a record.
    private const int MaxReplicas = 3_000;

    // Clocks of replicas may differ by a day: a day is over for all of them when it is so far back.
    private const int OpenDays = 2;

    // Rosters of days that are over do not change any more.
    private readonly ConcurrentDictionary<DateOnly, IReadOnlyList<string>> _closed = new();
    private DateOnly? _enrolled;

    /// <summary>The first day to which a replica may still append.</summary>
    public DateOnly FirstOpenDay => Today.AddDays(-OpenDays);

    /// <summary>The day to which this replica appends.</summary>
    public DateOnly Today => DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);

    /// <summary>Returns when all events are stored.</summary>
    public async Task AppendAsync(IReadOnlyList<ArchivedEvent> events, CancellationToken cancellationToken)
    {
        var today = Today;
        if (_enrolled != today)
            await EnrolAsync(today, cancellationToken);
        var ledger = Of(new Segment(today, identity.Replica));
        await Task.WhenAll(Portions(events).Select(portion => ledger.AppendAsync(portion, cancellationToken)));
    }

    /// <summary>The segments of a day and of all days after it, in order.</summary>
    public async Task<IReadOnlyList<Segment>> SegmentsAsync(DateOnly from, CancellationToken cancellationToken)
    {
        var names = (await stores.Main.GetAsync<Roster>(RosterKey, cancellationToken))?.Value.Names ?? [];
        var days = names.Select(Segment.ParseDay).Where(day => day >= from).Order().ToList();
        var replicas = new Dictionary<DateOnly, IReadOnlyList<string>>();
        foreach (var some in days.Where(day => !_closed.ContainsKey(day)).Chunk(MaxKeys))
        {
            var rosters = await stores.Main.GetManyAsync<Roster>([.. some.Select(Key)], cancellationToken);
            foreach (var day in some)
                replicas[day] = rosters.GetValueOrDefault(Key(day))?.Value.Names ?? [];
        }
        foreach (var (day, of) in replicas.Where(day => day.Key < FirstOpenDay))
            _closed[day] = of;
        return [.. days.SelectMany(day => (replicas.GetValueOrDefault(day) ?? _closed[day]).Select(replica => new Segment(day, replica)))];
    }

    public Ledger<ArchivedEvent> Of(Segment segment) => ledgers.Get<ArchivedEvent>($"archive/{segment}", keep: Kept);

    // Before the first append of a day: an archive that no roster names would be read by nobody.
    private async Task EnrolAsync(DateOnly day, CancellationToken cancellationToken)
    {
        await AddAsync(Key(day), identity.Replica, MaxReplicas, Kept, cancellationToken);
        await AddAsync(RosterKey, Segment.Text(day), Kept.Days + OpenDays, null, cancellationToken);
        _enrolled = day;
    }

    private async Task AddAsync(string key, string name, int most, TimeSpan? ttl, CancellationToken cancellationToken) => await stores.Main.UpdateAsync<Roster>(
        key, roster => roster?.Names.Contains(name) == true ? null : new Roster([.. (roster?.Names ?? []).Append(name).TakeLast(most)]), cancellationToken, ttl);

    /// <summary>Cuts what arrived together into appends that a ledger takes.</summary>
    internal static IEnumerable<IReadOnlyList<ArchivedEvent>> Portions(IReadOnlyList<ArchivedEvent> events)
    {
        var portion = new List<ArchivedEvent>();
        var bytes = 0;
        foreach (var one in events)
        {
            var size = JsonSerializer.SerializeToUtf8Bytes(one, Json.Options).Length + 1;
            if (portion.Count > 0 && (portion.Count == MaxEntries || bytes + size > MaxBytes))
            {
                yield return portion;
                (portion, bytes) = ([], 0);
            }
            portion.Add(one);
            bytes += size;
        }
        if (portion.Count > 0)
            yield return portion;
    }

    private static string Key(DateOnly day) => $"archive/{Segment.Text(day)}";

    private sealed record Roster(IReadOnlyList<string> Names);
}
