namespace Agents.Defaults.Ledgers;

/// <summary>The one record of a ledger that is ever changed: it names the immutable pages and holds the entries not yet in one.</summary>
/// <param name="Pages">In order, those of a higher level first; a page stands for <c>Count</c> entries from sequence <c>First</c>.</param>
/// <param name="Tail">The newest entries, at most one page of them.</param>
/// <param name="TailFirst">Sequence of the first entry of the tail.</param>
internal sealed record LedgerHead<T>(IReadOnlyList<LedgerPage> Pages, IReadOnlyList<T> Tail, long TailFirst)
{
    public static LedgerHead<T> Empty { get; } = new([], [], 0);

    public long Count => TailFirst + Tail.Count;
}

/// <summary>A page's place. <paramref name="Id"/> is unique per write, so that a slow writer can never overwrite a page that is in use.</summary>
/// <param name="Level">0 for a page of entries; else the page lists pages of the level below.</param>
internal sealed record LedgerPage(string Id, long First, long Count, int Level = 0);

/// <summary>Entries in order, with the sequence number of the first one. <paramref name="End"/> is the sequence after the ledger's last entry.</summary>
public sealed record LedgerSlice<T>(IReadOnlyList<T> Entries, long First, long End);
