using System.Diagnostics;
using Agents.Conversation.Catalog;
using Agents.Conversation.Guardrails;
using Agents.Conversation.Sessions;
using Agents.Conversation.Turns.Logs;
using Agents.Conversation.Turns.Running;
using Agents.Defaults.Errors;
using Agents.Defaults.Replicas;
using Dapr;

namespace Agents.Conversation.Turns;

/// <summary>What to do with a turn while another one is answered.</summary>
public enum OnBusy
{
    /// <summary>Refuse it with 409.</summary>
    Reject,

    /// <summary>Answer it after those that wait already.</summary>
    Queue,

    /// <summary>Cancel the one that is being answered and go first.</summary>
    Interrupt,
}

/// <summary>Accepts turns, one at a time per session.</summary>
internal sealed partial class TurnStarter(
    SessionStore sessions, TurnStore turns, TurnLoops loops, TurnCancellation cancellation, Takeovers takeovers,
    OwnedSessions owned, TurnLogs logs, AgentGuardrails guardrails, ReplicaMonitor replicas, TimeProvider time, ILogger<TurnStarter> logger)
{
    private const int MaxAttempts = 8;

    /// <summary>
    /// Accepts a turn: from here on it will end, completed, failed or cancelled, whatever dies, and can be followed. Accepting the same id
    /// again changes nothing.
    /// </summary>
    /// <exception cref="ProblemException">404 <c>session_not_found</c>, 409 <c>session_busy|session_full|session_ended|queue_full</c>.</exception>
    public async Task AcceptAsync(SessionRecord session, Agent agent, string id, string input, OnBusy onBusy, CancellationToken cancellationToken)
    {
        if (session.Turns.Contains(id))
            return;
        var (admitted, hits) = guardrails.Admit(agent, input);
        var turn = new Turn(
            id, session.Id, TurnStatus.Running, admitted, null, null, null, null, null, Activity.Current?.TraceId.ToHexString(), time.GetUtcNow())
        {
            AgentVersion = agent.Version,
            Guardrails = hits,
        };
        // Both come before the session names the turn: it must be there, and somebody must miss it when this replica dies. A caller who goes
        // away leaves no doubt behind: the turn takes its place, or is refused.
        var key = SessionKey.Of(session);
        var adding = owned.AddAsync(key, CancellationToken.None);
        var begun = false;
        try
        {
            await Task.WhenAll(adding, turns.PutAsync(session, turn, CancellationToken.None));
            if (await PlaceAsync(session, turn, onBusy) is not { } accepted)
                return;
            if (accepted.Running is { } running && running.Id == id && running.Owner == replicas.Self)
            {
                begun = true;
                loops.Begin(accepted, turn);
            }
            else if (onBusy == OnBusy.Interrupt && accepted.Running is { } other && accepted.Queue is [var first, ..] && first == id)
            {
                await cancellation.CancelAsync(accepted, other.Id, "interrupted", cancellationToken);
            }
        }
        finally
        {
            if (!begun && adding.IsCompletedSuccessfully)
                owned.Remove(key);
        }
    }

    /// <summary>The session with the turn in its place; null when the turn had one before.</summary>
    private async Task<SessionRecord?> PlaceAsync(SessionRecord session, Turn turn, OnBusy onBusy)
    {
        for (var attempt = 0; ; attempt++)
        {
            Problem? refusal = null;
            RunningTurn? ahead = null;
            var known = false;
            SessionRecord? placed;
            try
            {
                placed = await sessions.UpdateAsync(
                    session,
                    current =>
                    {
                        (refusal, ahead, known) = (null, current.Running, current.Turns.Contains(turn.Id));
                        return known ? null : Place(current, turn.Id, onBusy, out refusal);
                    },
                    CancellationToken.None);
            }
            catch (Exception exception) when (exception is DaprException or HttpRequestException or OperationCanceledException)
            {
                // Nobody knows whether the turn was accepted, and the caller is told that it was not: so it must not be.
                _ = Task.Run(() => WithdrawAsync(session, turn), CancellationToken.None);
                throw;
            }
            if (known)
                return null;
            if (placed is not null && refusal is null)
                return placed;
            // What stands in the way may have ended, or its holder may be gone.
            var again = placed is not null && ahead is not null && attempt < MaxAttempts && await ClearAsync(placed, ahead);
            if (again)
                continue;
            await turns.ForgetAsync(session, turn, CancellationToken.None);
            throw new ProblemException(refusal ?? Problem.NotFound("session"));
        }
    }

    private SessionRecord? Place(SessionRecord session, string turn, OnBusy onBusy, out Problem? refusal)
    {
        refusal = session switch
        {
            { Outcome: not null } => Problem.Conflict("session_ended", "The session has ended; open another one."),
            { Turns.Count: >= SessionRecord.MaxTurns } =>
                Problem.Conflict("session_full", $"A session holds at most {SessionRecord.MaxTurns} turns; open another one."),
            { Running: not null } when onBusy == OnBusy.Reject =>
                Problem.Conflict("session_busy", "The session is answering another turn; wait for its end.", TimeSpan.FromSeconds(1)),
            { Queue.Count: >= SessionRecord.MaxQueue } =>
                Problem.Conflict("queue_full", $"At most {SessionRecord.MaxQueue} turns wait in a session; try again.", TimeSpan.FromSeconds(2)),
            _ => null,
        };
        if (refusal is not null)
            return null;
        var now = time.GetUtcNow();
        return session.Running is null
            ? session.Begin(new RunningTurn(turn, replicas.Self), now)
            : session.Wait(turn, first: onBusy == OnBusy.Interrupt, now);
    }

    /// <summary>True when the session may have become free.</summary>
    private async Task<bool> ClearAsync(SessionRecord session, RunningTurn ahead)
    {
        var entries = await logs.ReadAsync(session, ahead.Id, CancellationToken.None);
        if (entries is not [.., { Last: true }])
        {
            if (!replicas.IsAlive(ahead.Owner))
                await takeovers.TryAsync(SessionKey.Of(session), CancellationToken.None);
            return false;
        }
        await cancellation.SettleAsync(session, ahead.Id, CancellationToken.None);
        return true;
    }

    private async Task WithdrawAsync(SessionRecord session, Turn turn)
    {
        var key = SessionKey.Of(session);
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await owned.AddAsync(key, CancellationToken.None);
                try
                {
                    await cancellation.WithdrawAsync(session, turn);
                    return;
                }
                finally
                {
                    owned.Remove(key);
                }
            }
            catch (Exception exception) when (exception is DaprException or HttpRequestException or ProblemException)
            {
                if (attempt == 0)
                    Doubtful(logger, turn.Id, exception.GetType().Name);
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(2_000, 100 << Math.Min(attempt, 5))), time, CancellationToken.None);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Nobody knows yet whether turn {Turn} was accepted: {Cause}")]
    private static partial void Doubtful(ILogger logger, string turn, string cause);
}
