using System.Runtime.CompilerServices;
using Agents.Conversation.Sessions;
using Agents.Conversation.Turns.Logs;
using Agents.Defaults.Ledgers;
using Dapr;

namespace Agents.Conversation.Turns.Running;

/// <summary>Follows a turn wherever it is answered: here from memory, elsewhere by looking at its log.</summary>
internal sealed class TurnFeed(LiveTurns here, TurnLogs logs, TimeProvider time)
{
    private const int AtOnce = 1_024;
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Entries from a place on, to the turn's end; null stands for a pause of <paramref name="heartbeat"/>. Ends without a last entry only
    /// when the log was deleted or has expired.
    /// </summary>
    public async IAsyncEnumerable<TurnFrame?> FollowAsync(
        SessionRecord session, string turn, long from, TimeSpan heartbeat, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var log = logs.Get(session, turn);
        var pause = ShortestPause;
        var lastSign = time.GetTimestamp();
        while (true)
        {
            if (here.Find(turn) is { } live)
            {
                await foreach (var frame in live.FollowAsync(from, heartbeat, cancellationToken))
                {
                    yield return frame;
                    if (frame is not { } real)
                        continue;
                    from = real.Sequence + 1;
                    if (real.Entry.Last)
                        yield break;
                }
                lastSign = time.GetTimestamp();
            }
            var slice = await LookAsync(log, from, cancellationToken);
            if (slice is { Deleted: true } || slice?.End < from)
                yield break;
            for (var i = 0; i < slice?.Entries.Count; i++)
            {
                yield return new TurnFrame(from + i, slice.Entries[i]);
                if (slice.Entries[i].Last)
                    yield break;
            }
            if (slice?.Entries.Count > 0)
            {
                (from, pause, lastSign) = (slice.Next, ShortestPause, time.GetTimestamp());
            }
            else if (time.GetElapsedTime(lastSign) >= heartbeat)
            {
                lastSign = time.GetTimestamp();
                yield return null;
            }
            await Task.Delay(pause, time, cancellationToken);
            pause = pause * 1.5 < LongestPause ? pause * 1.5 : LongestPause;
        }
    }

    private static async Task<LedgerSlice<TurnEntry>?> LookAsync(Ledger<TurnEntry> log, long from, CancellationToken cancellationToken)
    {
        try
        {
            return await log.ReadAsync(from, AtOnce, cancellationToken);
        }
        catch (DaprException)
        {
            // A store that is away has no news; the next look may find some.
            return null;
        }
    }
}
