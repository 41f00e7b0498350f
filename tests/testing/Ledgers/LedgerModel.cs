namespace Agents.Testing.Ledgers;

/// <summary>How an append ended, as its caller knows.</summary>
internal enum Outcome
{
    Unknown,
    Acknowledged,
    Refused,
}

/// <summary>An append of a history. Each entry is unique.</summary>
internal sealed class Append(IReadOnlyList<string> entries, long fence)
{
    public IReadOnlyList<string> Entries => entries;

    public long Fence => fence;

    public Outcome Outcome { get; set; }

    public long First { get; set; }
}

/// <summary>What a ledger promises, compared with what writers and readers of a history saw.</summary>
internal sealed class LedgerModel
{
    private readonly Dictionary<long, string> _observed = [];
    private readonly List<(long Fence, long Count)> _takeovers = [];
    private readonly Dictionary<string, long> _fences = [];

    public List<Append> Appends { get; } = [];

    public List<string> Violations { get; } = [];

    /// <summary>The end of the last acknowledged entry.</summary>
    public long AcknowledgedEnd { get; private set; }

    public int Takeovers => _takeovers.Count;

    public bool Deleted { get; set; }

    public Append Begin(IReadOnlyList<string> entries, long fence)
    {
        var append = new Append(entries, fence);
        Appends.Add(append);
        foreach (var entry in entries)
            _fences[entry] = fence;
        return append;
    }

    public void Acknowledged(Append append, long first, bool begunAfterDeletion)
    {
        (append.Outcome, append.First) = (Outcome.Acknowledged, first);
        AcknowledgedEnd = Math.Max(AcknowledgedEnd, first + append.Entries.Count);
        if (begunAfterDeletion)
            Violations.Add($"{append.Entries[0]} was taken after the ledger had been deleted");
    }

    /// <summary>A takeover has succeeded, and the ledger has this many entries: no more than these may be of a lower fence.</summary>
    public void TakenOver(long fence, long count)
    {
        if (_takeovers.Any(other => other.Fence == fence))
            Violations.Add($"two owners got fence {fence}");
        _takeovers.Add((fence, count));
    }

    /// <summary>A reader asked for some entries and got these.</summary>
    public void Read(string reader, long from, int limit, long first, IReadOnlyList<string> entries, long end, long atLeast)
    {
        if (first != from)
            Violations.Add($"{reader} asked from {from} and got {first}");
        if (end < atLeast)
            Violations.Add($"{reader} saw {end} entries after {atLeast} had been acknowledged");
        if (entries.Count != Math.Clamp(end - from, 0, limit))
            Violations.Add($"{reader} got {entries.Count} of the entries {from} to {end}");
        for (var i = 0; i < entries.Count; i++)
        {
            if (!_observed.TryAdd(from + i, entries[i]) && _observed[from + i] != entries[i])
                Violations.Add($"{reader} saw {entries[i]} at {from + i}, somebody else {_observed[from + i]}");
        }
    }

    /// <summary>Compares everything with what the ledger holds in the end.</summary>
    public void Check(IReadOnlyList<string> final)
    {
        var places = new Dictionary<string, int>();
        for (var i = 0; i < final.Count; i++)
        {
            if (!_fences.ContainsKey(final[i]))
                Violations.Add($"{final[i]} at {i} was never appended");
            if (!places.TryAdd(final[i], i))
                Violations.Add($"{final[i]} is there twice, at {places[final[i]]} and {i}");
        }
        foreach (var append in Appends)
            Check(append, places);
        foreach (var (place, entry) in _observed.Where(seen => seen.Key >= final.Count || final[(int)seen.Key] != seen.Value))
            Violations.Add($"somebody saw {entry} at {place}, which is not there in the end");
        foreach (var (fence, count) in _takeovers)
        {
            foreach (var (entry, place) in places.Where(item => item.Value >= count && _fences.GetValueOrDefault(item.Key) < fence))
                Violations.Add($"{entry} of fence {_fences.GetValueOrDefault(entry)} came to {place} after fence {fence} was raised at {count}");
        }
    }

    private void Check(Append append, Dictionary<string, int> places)
    {
        var present = append.Entries.Count(places.ContainsKey);
        if (append.Outcome == Outcome.Acknowledged && !append.Entries.Select((entry, i) => places.GetValueOrDefault(entry, -1) == append.First + i).All(right => right))
            Violations.Add($"{append.Entries[0]} was acknowledged at {append.First} and is not there");
        if (append.Outcome == Outcome.Refused && present > 0)
            Violations.Add($"{append.Entries[0]} was refused and is there");
        if (present > 0 && present < append.Entries.Count)
            Violations.Add($"{append.Entries[0]} is there in part");
        if (present == append.Entries.Count && append.Entries.Select((entry, i) => places[entry] - i).Distinct().Count() > 1)
            Violations.Add($"{append.Entries[0]} is there in another order");
    }
}
