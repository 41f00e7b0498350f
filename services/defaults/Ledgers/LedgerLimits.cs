namespace Agents.Defaults.Ledgers;

/// <summary>Sizes within a ledger. A head holds two tails and an append at most, and stays far below the 256 KB that every store takes.</summary>
/// <param name="TailEntries">A tail that would get longer becomes a page first.</param>
/// <param name="TailBytes">The same in bytes. Each append writes the tail again, each page is one more read: this is between the two.</param>
/// <param name="Fan">So many pages of one level become one of the next, so that a head names at most a few hundred.</param>
internal sealed record LedgerLimits(int TailEntries, int TailBytes, int Fan)
{
    public const int AppendEntries = 256;
    public const int AppendBytes = 64 * 1024;

    public static LedgerLimits Default { get; } = new(256, 8 * 1024, 64);
}
