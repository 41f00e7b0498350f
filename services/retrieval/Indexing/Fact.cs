namespace Agents.Retrieval.Indexing;

/// <summary>What became of a document's revision; the ledger of these is the collection's truth about what can be found.</summary>
/// <param name="Revision">Counts up with every change of the document; a fact about an older revision than one known is void.</param>
/// <param name="Upload">Where the segment is stored, for <see cref="FactKind.Ready"/>.</param>
/// <param name="Pages">How many pages the segment has.</param>
/// <param name="Bytes">Size of the text, UTF-8.</param>
internal sealed record Fact(FactKind Kind, string Document, int Revision, string? Upload = null, int Pages = 0, int Bytes = 0);

internal enum FactKind
{
    Ready,
    Failed,
    Removed,
}

/// <summary>
/// The state that facts add up to. Duplicates and latecomers, which redelivery and paused processes produce, change nothing.
/// Not thread-safe.
/// </summary>
internal sealed class FactFold
{
    private readonly Dictionary<string, (Fact Fact, long Version)> _known = new(StringComparer.Ordinal);

    /// <summary>How many facts were read; also the version of what the collection knows.</summary>
    public long Version { get; private set; }

    public int Ready { get; private set; }

    public int Failed { get; private set; }

    /// <summary>Bytes of text that can be found.</summary>
    public long Bytes { get; private set; }

    public int Documents => _known.Count;

    /// <summary>Takes the next fact. True when it changed something.</summary>
    public bool Apply(Fact fact)
    {
        Version++;
        var found = _known.TryGetValue(fact.Document, out var before);
        if (found && before.Fact.Revision >= fact.Revision)
            return false;
        if (found)
            Count(before.Fact, -1);
        Count(fact, 1);
        _known[fact.Document] = (fact, Version);
        return true;
    }

    /// <summary>The newest fact about a document, with the version at which it became known.</summary>
    public (Fact Fact, long Version)? Find(string document) => _known.TryGetValue(document, out var known) ? known : null;

    private void Count(Fact fact, int sign)
    {
        Ready += fact.Kind == FactKind.Ready ? sign : 0;
        Failed += fact.Kind == FactKind.Failed ? sign : 0;
        Bytes += fact.Kind == FactKind.Ready ? sign * (long)fact.Bytes : 0;
    }
}
