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
