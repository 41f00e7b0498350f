using Agents.Defaults.Errors;
using Agents.Defaults.Ledgers;
using Agents.Defaults.State;

namespace Agents.Conversation.Jobs.Lanes;

/// <summary>
/// The log of a shard: a ledger that one activation at a time may append to. When it has become much longer than what it stands for, its
/// state is written as the beginning of another one. The last entry of the old log is what makes the move: whoever has taken the old log
/// over by then refuses that entry, and the new log was never one.
/// </summary>
internal sealed class LaneLog
{
    private const string First = "0";
    private const int AtOnce = 1_024;
    private const int EntriesPerAppend = 200;

    // A job has its end after seven days at most, so what is older than this says nothing any more.
    private static readonly TimeSpan Kept = TimeSpan.FromDays(30);

    private readonly Stores _stores;
    private readonly LedgerSet _ledgers;
    private readonly string _shard;
    private string _name;
    private Ledger<LaneEntry> _ledger;

    private LaneLog(Stores stores, LedgerSet ledgers, string shard, string name, Ledger<LaneEntry> ledger, long length)
    {
        (_stores, _ledgers, _shard, _name, _ledger, Length) = (stores, ledgers, shard, name, ledger, length);
    }

    /// <summary>How many entries it has.</summary>
    public long Length { get; private set; }

    /// <summary>Takes the shard's log over from whoever had it, and reads it.</summary>
    /// <exception cref="LedgerFencedException">Somebody else takes it over at this moment.</exception>
    public static async Task<(LaneLog Log, IReadOnlyList<LaneEntry> Entries)> OpenAsync(
        Stores stores, LedgerSet ledgers, string shard, CancellationToken cancellationToken)
    {
        var start = (await stores.Main.GetAsync<string>(Key(shard), cancellationToken))?.Value ?? First;
        for (var name = start; ;)
        {
            var shared = Ledger(ledgers, shard, name);
            var mine = await shared.TakeOverAsync((await shared.ReadAsync(0, 1, cancellationToken)).Fence + 1, cancellationToken);
            var entries = await ReadAsync(mine, cancellationToken);
            if (entries is not [.., { Step: LaneStep.Moved } moved])
            {
                if (name != start)
                    await PointAsync(stores, shard, start, name, cancellationToken);
                return (new LaneLog(stores, ledgers, shard, name, mine, entries.Count), entries);
            }
            name = moved.Job;
        }
    }

    /// <exception cref="LedgerFencedException">Another activation has the shard.</exception>
    public async Task AppendAsync(IReadOnlyList<LaneEntry> entries, CancellationToken cancellationToken)
    {
        foreach (var some in entries.Chunk(EntriesPerAppend))
            await _ledger.AppendAsync(some, cancellationToken);
        Length += entries.Count;
    }

    /// <summary>Goes on in another log, which begins with these entries.</summary>
    public async Task MoveAsync(IReadOnlyList<LaneEntry> entries, CancellationToken cancellationToken)
    {
        var name = Guid.CreateVersion7().ToString("N");
        var next = await Ledger(_ledgers, _shard, name).TakeOverAsync(1, cancellationToken);
        foreach (var some in entries.Chunk(EntriesPerAppend))
            await next.AppendAsync(some, cancellationToken);
        await _ledger.AppendAsync([new LaneEntry(LaneStep.Moved, name, 0)], cancellationToken);
        var (before, former) = (_ledger, _name);
        (_name, _ledger, Length) = (name, next, entries.Count);
        await PointAsync(_stores, _shard, former, name, cancellationToken);
        await before.DeleteAsync(cancellationToken);
    }

    // Where to begin looking; whoever comes late with this must not point back to what has been deleted meanwhile.
    private static Task<string?> PointAsync(Stores stores, string shard, string from, string to, CancellationToken cancellationToken) =>
        stores.Main.UpdateAsync<string>(Key(shard), current => (current ?? First) == from ? to : null, cancellationToken);

    private static async Task<List<LaneEntry>> ReadAsync(Ledger<LaneEntry> ledger, CancellationToken cancellationToken)
    {
        var entries = new List<LaneEntry>();
        while (true)
        {
            var slice = await ledger.ReadAsync(entries.Count, AtOnce, cancellationToken);
            if (slice.Deleted)
                throw new ProblemException(Problem.Conflict("lane_moved", "The lane goes on elsewhere; try again.", TimeSpan.FromSeconds(1)));
            entries.AddRange(slice.Entries);
            if (slice.Next >= slice.End)
                return entries;
        }
    }

    private static Ledger<LaneEntry> Ledger(LedgerSet ledgers, string shard, string name) =>
        ledgers.Get<LaneEntry>($"lane/{shard}/{name}", keep: Kept);

    private static string Key(string shard) => $"lane/{shard}";
}
