using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Agents.Analytics.Archive;
using Agents.Analytics.Figures;
using Agents.Contracts;

namespace Agents.Analytics.Folding;

/// <summary>
/// One minute of one tenant, folded from its events: each counts once, however often and in whatever order they come. Where in the archive
/// they lie is part of it, so that it can be folded again when a late one comes.
/// </summary>
internal sealed class Bucket
{
    // What lies between two events of a bucket is read along; only a late one begins a range of its own.
    private const int Gap = 4_000;
    private const int MaxRanges = 16;

    // An id and its place in a set.
    private const int WeightOfCell = 20;

    private readonly HashSet<ulong> _seen = [];
    private readonly Dictionary<string, FeedbackGiven> _ratings = new(StringComparer.Ordinal);
    private readonly Dictionary<Segment, Ranges> _places = [];

    public Tally Tally { get; } = new();

    /// <summary>Where its events lie in the archive, and others between them.</summary>
    public IReadOnlyDictionary<Segment, Ranges> Places => _places;

    /// <summary>About how much memory it takes, in remembered ids.</summary>
    public int Weight => _seen.Count + (WeightOfCell * Tally.Cells.Count);

    /// <summary>There is something that is not stored yet.</summary>
    public bool Changed { get; set; }

    /// <summary>When something was added last, in rounds of the fold.</summary>
    public long Touched { get; set; }

    public static DateTimeOffset TimeOf(ArchivedEvent archived, IEvent? fact) =>
        // All ratings of a turn belong together, because the last one holds: they count where the first one was given.
        fact is FeedbackGiven { Since: { } since } && since <= archived.Time && archived.Time - since < Envelope.MaxBehind ? since : archived.Time;

    public void Cover(Segment segment, long first, long last)
    {
        if (!_places.TryGetValue(segment, out var ranges))
            _places[segment] = ranges = new Ranges(Gap);
        ranges.Add(first, last);
        ranges.Shrink(MaxRanges);
    }

    /// <param name="fact">Null for an event that is not understood.</param>
    public void Add(ArchivedEvent archived, IEvent? fact)
    {
        if (!_seen.Add(Fingerprint(archived)))
            return;
        Changed = true;
        Tally.Add(fact);
        if (fact is not FeedbackGiven rating)
            return;
        if (!_ratings.TryGetValue(rating.Turn, out var other))
        {
            _ratings[rating.Turn] = rating;
            return;
        }
        var (earlier, later) = other.Revision < rating.Revision ? (other, rating) : (rating, other);
        _ratings[rating.Turn] = later;
        Tally.Withdraw(earlier);
    }

    // Two of a hundred thousand events of a minute share one with a chance of 1 in 10^9.
    private static ulong Fingerprint(ArchivedEvent archived)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{archived.Type}\n{archived.Id}"), hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash);
    }
}
