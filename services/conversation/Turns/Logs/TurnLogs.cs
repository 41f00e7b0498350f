using Agents.Conversation.Sessions;
using Agents.Defaults.Ledgers;
using Agents.Defaults.State;

namespace Agents.Conversation.Turns.Logs;

/// <summary>
/// The logs of turns, one ledger each. The first attempt writes at fence 0; whoever takes a turn over, or cancels it, raises the fence
/// first, and from then on nothing that an earlier holder still does can be heard.
/// </summary>
internal sealed class TurnLogs(Stores stores, LedgerSet ledgers)
{
    private const int AtOnce = 1_024;
    private const int MaxAttempts = 5;

    public Ledger<TurnEntry> Get(SessionRecord session, string turn) => ledgers.Get<TurnEntry>(
        $"turn-log/{session.Tenant}/{session.Id}/{turn}", stores.Sessions, TimeSpan.FromSeconds(session.TtlSeconds));

    /// <summary>All entries so far.</summary>
    public async Task<IReadOnlyList<TurnEntry>> ReadAsync(SessionRecord session, string turn, CancellationToken cancellationToken)
    {
        var log = Get(session, turn);
        var entries = new List<TurnEntry>();
        while (true)
        {
            var slice = await log.ReadAsync(entries.Count, AtOnce, cancellationToken);
            entries.AddRange(slice.Entries);
            if (slice.Deleted || slice.Entries.Count == 0 || slice.Next >= slice.End)
                return entries;
        }
    }

    /// <summary>
    /// Writes a turn's end from outside, unless it has one: the fence is raised, and whoever worked on the turn cannot be heard any more. Of
    /// several ends one wins.
    /// </summary>
    /// <returns>The log, which now has an end; null when it is gone.</returns>
    public async Task<IReadOnlyList<TurnEntry>?> EndAsync(
        SessionRecord session, string turn, TurnEvent end, object? inside, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (await ReadAsync(session, turn, cancellationToken) is [.., { Last: true }] ended)
                return ended;
            // Null when another raised the fence at the same moment.
            if (await TakeOverAsync(session, turn, cancellationToken) is not { } taken)
                continue;
            if (taken.Entries is [.., { Last: true }])
                return taken.Entries;
            try
            {
                var last = TurnEntry.Of(end, taken.Log.Fence, inside);
                // Not given up half way: a raised fence without an end would stop the turn and say nothing.
                await taken.Log.AppendAsync([last], CancellationToken.None);
                return [.. taken.Entries, last];
            }
            catch (LedgerFencedException)
            {
                // The next look finds who was faster.
            }
        }
        return null;
    }

    /// <summary>Raises the fence above whatever it is.</summary>
    /// <returns>The log, ours to append to, and what is in it; null when somebody else was faster or the log is gone.</returns>
    public async Task<(Ledger<TurnEntry> Log, IReadOnlyList<TurnEntry> Entries)?> TakeOverAsync(
        SessionRecord session, string turn, CancellationToken cancellationToken)
    {
        var log = Get(session, turn);
        var fence = (await log.ReadAsync(0, 1, cancellationToken)).Fence;
        try
        {
            var mine = await log.TakeOverAsync(fence + 1, cancellationToken);
            // Read after the fence was raised: until then an earlier holder may still have written.
            return (mine, await ReadAsync(session, turn, cancellationToken));
        }
        catch (LedgerFencedException)
        {
            // Somebody raised it between our look and our change, or the session was deleted.
            return null;
        }
    }
}
