using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Agents.Analytics.Archive;
using Agents.Contracts;

namespace Agents.Analytics.Summaries;

/// <summary>
/// All that the archives hold of the last <see cref="Kept"/>, folded by minute and tenant. An event counts in the minute in which it
/// happened, however late it arrives, and once, however often it does. Which process folds, in which order, makes no difference.
/// </summary>
internal sealed class Timeline
{
    /// <summary>The longest range that can be asked for, and a day for being late with the question.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(32);

    /// <summary>Events that are remembered, by eight bytes of a hash each; a bucket weighs as much as 20 of them. About 150 MB when full.</summary>
    public const int MaxWeight = 4_000_000;

    private const int BucketWeight = 20;

    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, Dictionary<string, Bucket>> _minutes = [];
    private readonly Dictionary<(string Replica, string Epoch), Lifespan> _replicas = [];
    private readonly int _maxWeight;
    private long _horizon;
    private int _weight;

    public Timeline(int maxWeight = MaxWeight) => _maxWeight = maxWeight;

    public void Add(IReadOnlyList<ArchivedEvent> events)
    {
        var known = events.Select(archived => new Known(archived, KnownEvents.Read(archived), Fingerprint(archived))).ToList();
        lock (_gate)
        {
            foreach (var one in known)
                Add(one);
        }
    }

    /// <summary>Lets go of minutes that are too old, and of the oldest when there is too much to remember.</summary>
    public void Forget(DateTimeOffset now)
    {
        lock (_gate)
        {
            _horizon = Math.Max(_horizon, Minute(now - Kept));
            while (_minutes.Count > 0 && (_minutes.First().Key < _horizon || (_weight > _maxWeight && _minutes.Count > 1)))
            {
                var (minute, buckets) = _minutes.First();
                _weight -= buckets.Values.Sum(bucket => bucket.Weight);
                _minutes.Remove(minute);
                _horizon = Math.Max(_horizon, minute + 1);
            }
            foreach (var life in _replicas.Where(life => Minute(life.Value.Last) < _horizon).Select(life => life.Key).ToList())
                _replicas.Remove(life);
        }
    }

    /// <summary>What happened in a range of whole minutes.</summary>
    public Excerpt Read(SummaryRange range, string tenant)
    {
        lock (_gate)
        {
            var excerpt = new Excerpt(new Figures(), new Counters(), [.. _replicas.Values], Start(_horizon));
            for (var minute = Math.Max(_horizon, Minute(range.From)); minute < Minute(range.To); minute++)
            {
                foreach (var (owner, bucket) in _minutes.GetValueOrDefault(minute) ?? [])
                {
                    excerpt.Everybody.Merge(bucket.Figures.Counters);
                    if (owner == tenant)
                        excerpt.Own.Merge(bucket.Figures);
                }
            }
            return excerpt;
        }
    }

    private void Add(Known known)
    {
        var (archived, fact, fingerprint) = known;
        var minute = Minute(archived.Time);
        if (minute < _horizon)
            return;
        if (!_minutes.TryGetValue(minute, out var tenants))
            _minutes[minute] = tenants = new Dictionary<string, Bucket>(StringComparer.Ordinal);
        if (!tenants.TryGetValue(archived.Tenant, out var bucket))
        {
            tenants[archived.Tenant] = bucket = new Bucket();
            _weight += BucketWeight;
        }
        if (!bucket.Seen.Add(fingerprint))
            return;
        _weight++;
        bucket.Figures.Add(fact);
        if (fact is ReplicaHeartbeat beat)
            _replicas[(beat.Replica, beat.Epoch)] = _replicas.TryGetValue((beat.Replica, beat.Epoch), out var life) ? life.With(beat) : Lifespan.Of(beat);
    }

    // Two of ten thousand events of a minute share one with a chance of 1 in 10^11.
    private static ulong Fingerprint(ArchivedEvent archived) =>
        BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{archived.Type}\n{archived.Id}")));

    private static long Minute(DateTimeOffset moment) => moment.UtcTicks / TimeSpan.TicksPerMinute;

    private static DateTimeOffset Start(long minute) => new(minute * TimeSpan.TicksPerMinute, TimeSpan.Zero);

    private sealed record Known(ArchivedEvent Archived, IEvent? Fact, ulong Fingerprint);

    private sealed class Bucket
    {
        public HashSet<ulong> Seen { get; } = [];

        public Figures Figures { get; } = new();

        public int Weight => BucketWeight + Seen.Count;
    }
}

/// <summary>What a <see cref="Timeline"/> knows of a range.</summary>
/// <param name="Own">Of the tenant that was asked for.</param>
/// <param name="Everybody">Of all tenants.</param>
/// <param name="Replicas">All that were ever heard of, not only in the range.</param>
/// <param name="KeptFrom">Nothing before is remembered.</param>
internal sealed record Excerpt(Figures Own, Counters Everybody, IReadOnlyList<Lifespan> Replicas, DateTimeOffset KeptFrom);
