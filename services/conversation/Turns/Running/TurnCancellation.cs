using Agents.Conversation.Sessions;
using Agents.Conversation.Turns.Logs;
using Agents.Defaults.Replicas;

namespace Agents.Conversation.Turns.Running;

/// <summary>
/// Ends turns before their time, on any replica: the fence is raised and the end written, and whoever answered cannot be heard any more.
/// Against the turn's own end one of the two wins.
/// </summary>
internal sealed class TurnCancellation(
    SessionStore sessions, TurnStore turns, TurnLogs logs, TurnSettlement settlement, SessionFacts facts, TurnLoops loops, LiveTurns live, OwnedSessions owned,
    ReplicaMonitor replicas)
{
    private static readonly TurnError NotAccepted = new("not_accepted", "The store did not answer when the turn was to begin; ask again.", Retryable: true);

    /// <summary>Cancels a turn that runs or waits; without effect on one that has ended.</summary>
    public Task CancelAsync(SessionRecord session, string turn, string reason, CancellationToken cancellationToken) =>
        EndAsync(session, turn, new TurnEvent.Cancelled(reason), cancellationToken);

    /// <summary>
    /// Ends a turn of which nobody knows whether it was accepted; one that was not leaves no trace, and one that has been asked for again
    /// is left to whoever answers it.
    /// </summary>
    public async Task WithdrawAsync(SessionRecord session, Turn turn)
    {
        if (await sessions.GetAsync(SessionKey.Of(session), CancellationToken.None) is not { } current || !current.Turns.Contains(turn.Id))
            await turns.ForgetAsync(session, turn, CancellationToken.None);
        else if (current.Running is not { } running || running.Id != turn.Id || (running.Owner == replicas.Self && live.Find(turn.Id) is null))
            await EndAsync(current, turn.Id, new TurnEvent.Failed(NotAccepted, null, null, 0, null), CancellationToken.None);
    }

    /// <summary>Settles a turn that has ended, whoever ended it; should the next one become ours, it begins.</summary>
    public async Task SettleAsync(SessionRecord session, string turn, CancellationToken cancellationToken)
    {
        await owned.AddAsync(SessionKey.Of(session), cancellationToken);
        await SettleOwnedAsync(session, turn).WaitAsync(cancellationToken);
    }

    private async Task EndAsync(SessionRecord session, string turn, TurnEvent end, CancellationToken cancellationToken)
    {
        var key = SessionKey.Of(session);
        await owned.AddAsync(key, cancellationToken);
        Task? settling = null;
        try
        {
            await logs.EndAsync(session, turn, end, null, cancellationToken);
            if (live.Find(turn) is { } here)
                here.Wake();
            await LeaveAsync(session, turn, cancellationToken);
            settling = SettleOwnedAsync(session, turn);
            await settling.WaitAsync(cancellationToken);
        }
        finally
        {
            if (settling is null)
                owned.Remove(key);
        }
    }

    private async Task LeaveAsync(SessionRecord session, string turn, CancellationToken cancellationToken)
    {
        using var telling = facts.Expect(turn);
        var after = await sessions.UpdateAsync(session, current => current.Leave(turn, replicas.Self, facts.MayBeUntold), cancellationToken);
        if (after?.Ended.Contains(new RunningTurn(turn, replicas.Self)) == true)
            await telling.TellAsync(after, cancellationToken);
    }

    // Goes on when the caller has gone: the next turn may be ours to begin.
    private async Task SettleOwnedAsync(SessionRecord session, string turn)
    {
        var handedOn = false;
        try
        {
            if (await settlement.SettleForSureAsync(session, turn) is { Running: { } next } freed && next.Owner == replicas.Self)
            {
                handedOn = true;
                loops.GoOn(freed, next.Id);
            }
        }
        finally
        {
            if (!handedOn)
                owned.Remove(SessionKey.Of(session));
        }
    }
}
