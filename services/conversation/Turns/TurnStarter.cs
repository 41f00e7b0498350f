using System.Collections.Concurrent;
using System.Diagnostics;
using Agents.Conversation.Catalog;
using Agents.Conversation.Sessions;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Replicas;

namespace Agents.Conversation.Turns;

/// <summary>Accepts turns, one at a time per session, and sees to it that those running here end before the process does.</summary>
internal sealed class TurnStarter(SessionStore sessions, TurnStore turns, TurnRunner runner, ReplicaMonitor replicas, TimeProvider time) : IHostedService
{
    private readonly ConcurrentDictionary<string, Task> _running = new(StringComparer.Ordinal);

    /// <summary>Accepts a turn: from here on it will end, completed or failed, and can be asked for.</summary>
    /// <exception cref="ProblemException">404 <c>session_not_found</c>, 409 <c>session_busy</c>, 409 <c>session_full</c>.</exception>
    public async Task<LiveTurn> StartAsync(SessionRecord session, Agent agent, string input, CancellationToken cancellationToken)
    {
        var turn = new Turn(
            Ids.New(TurnStore.Prefix), session.Id, TurnStatus.Running, input, null, null, null, null, null,
            Activity.Current?.TraceId.ToHexString(), time.GetUtcNow());
        // The turn's record comes first: a session must never name a turn that is not there.
        await turns.PutAsync(session, new TurnRecord(turn, replicas.Self), cancellationToken);
        var begun = await BeginAsync(session, turn, cancellationToken);

        var live = new LiveTurn(turn.Id);
        _running[turn.Id] = Task.Run(() => runner.RunAsync(live, begun, agent, turn), CancellationToken.None)
            .ContinueWith(ended => _running.TryRemove(turn.Id, out _), TaskScheduler.Default);
        return live;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>A stop waits for the turns that run here, as long as the host's shutdown time allows.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => Task.WhenAll(_running.Values).WaitAsync(cancellationToken);

    private async Task<SessionRecord> BeginAsync(SessionRecord session, Turn turn, CancellationToken cancellationToken)
    {
        Problem? refusal = null;
        RunningTurn? lost = null;
        var began = false;
        SessionRecord? begun;
        try
        {
            begun = await sessions.UpdateAsync(session, current =>
            {
                lost = current.Running;
                began = false;
                refusal = Refusal(current);
                if (refusal is not null)
                    return null;
                began = true;
                return current.Begin(new RunningTurn(turn.Id, replicas.Self), time.GetUtcNow());
            }, cancellationToken);
        }
        catch (Exception)
        {
            // Nobody knows whether the write took place: end the turn in the background, so that the session is not left busy.
            _running[turn.Id] = Task.Run(() => runner.AbandonAsync(session, turn), CancellationToken.None)
                .ContinueWith(ended => _running.TryRemove(turn.Id, out _), TaskScheduler.Default);
            throw;
        }
        if (begun is null || !began)
        {
            await turns.DeleteAsync(session, turn.Id, cancellationToken);
            throw new ProblemException(refusal ?? Problem.NotFound("session"));
        }
        if (lost is not null)
            await turns.FindAsync(begun, lost.Id, cancellationToken);
        return begun;
    }

    private Problem? Refusal(SessionRecord session)
    {
        if (session.Running is { } running && replicas.IsAlive(running.Owner))
            return Problem.Conflict("session_busy", "The session is answering another turn; wait for its end.", TimeSpan.FromSeconds(1));
        return session.Turns.Count >= SessionRecord.MaxTurns
            ? Problem.Conflict("session_full", $"A session holds at most {SessionRecord.MaxTurns} turns; open another one.")
            : null;
    }
}
