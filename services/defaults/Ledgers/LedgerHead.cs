using System.Text.Json.Serialization;

namespace Agents.Defaults.Ledgers;

/// <summary>The one record of a ledger that is ever changed: it names the immutable pages and holds the entries not yet in one.</summary>
/// <param name="Fence">Whose appends count: 0 for everybody's, else those of the owner who raised it to this number.</param>
/// <param name="Owner">Token of that owner; of two who ask for the same fence one gets it.</param>
/// <param name="Pages">In order, those of a higher level first; a page stands for <c>Count</c> entries from sequence <c>First</c>.</param>
/// <param name="Full">The entries before the tail, when they are to become a page; they stay here until that page is written.</param>
/// <param name="Tail">The newest entries.</param>
/// <param name="TailFirst">Sequence of the first entry of the tail.</param>
/// <param name="TailCount">How many entries the tail has.</param>
/// <param name="TailBytes">About how many bytes the tail takes.</param>
/// <param name="Kept">When the pages last got their full time to live; absent when they have none.</param>
/// <param name="Deleted">True for a tombstone; pages that it still names are about to be removed.</param>
internal sealed record LedgerHead<T>(
    long Fence, string? Owner, IReadOnlyList<LedgerPage> Pages, FullTail<T>? Full, IReadOnlyList<LedgerCommit<T>> Tail, long TailFirst,
    int TailCount, int TailBytes, DateTimeOffset? Kept, bool Deleted = false)
{
    public static LedgerHead<T> Empty { get; } = new(0, null, [], null, [], 0, 0, 0, null);

    [JsonIgnore]
    public long Count => TailFirst + TailCount;

    /// <summary>What the head itself holds, with the sequence of each commit's first entry.</summary>
    public IEnumerable<(long First, LedgerCommit<T> Commit)> Commits() =>
        [.. Full is { } full ? LedgerCommit<T>.Number(full.Page.First, full.Commits) : [], .. LedgerCommit<T>.Number(TailFirst, Tail)];
}

/// <summary>A former tail and the page that it becomes. It no longer changes, so whoever writes that page writes the same.</summary>
internal sealed record FullTail<T>(LedgerPage Page, IReadOnlyList<LedgerCommit<T>> Commits);

/// <summary>What was appended at once. The writer's token stays with the entries, so that a lost answer can be settled however late.</summary>
internal sealed record LedgerCommit<T>(
    [property: JsonPropertyName("w")] string Writer, [property: JsonPropertyName("e")] IReadOnlyList<T> Entries)
{
    public static IEnumerable<(long First, LedgerCommit<T> Commit)> Number(long first, IEnumerable<LedgerCommit<T>> commits)
    {
        foreach (var commit in commits)
        {
            yield return (first, commit);
            first += commit.Entries.Count;
        }
    }
}

/// <summary>A page's place. Fence, first sequence and level make a key that never stands for anything else.</summary>
/// <param name="Level">0 for a page of entries; else the page lists pages of the level below.</param>
internal sealed record LedgerPage(long Fence, long First, long Count, int Level = 0)
{
    [JsonIgnore]
    public string Id => Level == 0 ? $"{Fence}/{First}" : $"{Fence}/{First}.{Level}";

    public bool Holds(long from, long until) => First < until && First + Count > from;
}
