namespace Agents.Defaults.Ledgers;

/// <summary>Entries in order.</summary>
/// <param name="First">The sequence number of the first one.</param>
/// <param name="End">The sequence number after the ledger's last entry.</param>
/// <param name="Fence">The ledger's fence at the time of reading; whoever takes over asks for one more.</param>
/// <param name="Deleted">The ledger was deleted, less than about a day ago.</param>
public sealed record LedgerSlice<T>(IReadOnlyList<T> Entries, long First, long End, long Fence, bool Deleted)
{
    /// <summary>Where the next read goes on.</summary>
    public long Next => First + Entries.Count;
}
