using System.Collections.Concurrent;
using Agents.Contracts;
using Agents.Conversation.Turns;
using Agents.Conversation.Turns.Logs;
using Agents.Defaults.Events;
using Agents.Defaults.Replicas;

namespace Agents.Conversation.Sessions;

/// <summary>
/// Tells what became of sessions and their turns, in the background, however long the broker is away. What it tells of is in the session's
/// record, which stays among the owned ones until everybody has heard: should this replica die, another one tells. The events have the
/// same ids and times whoever tells, so they count once.
/// </summary>
internal sealed partial class SessionFacts(
    EventPublisher events, OwnedSessions owned, SessionStore sessions, TurnStore turns, TurnLogs logs, ReplicaMonitor replicas, ILogger<SessionFacts> logger)
{
    // Turns whose end not everybody has heard of, as far as this replica is to tell; with how many here have yet to do so.
    private readonly ConcurrentDictionary<string, int> _open = new(StringComparer.Ordinal);

    /// <summary>Tells that a session was opened. It must be owned.</summary>
    public void Started(SessionRecord session) => Tell(session, session.Id, [events.PublishAsync(new SessionStarted(
        session.Tenant, session.CreatedAt, session.Id, session.User, session.Agent, session.AgentVersion))]);

    /// <summary>Tells that a session has ended. It must be owned.</summary>
    public void Ended(SessionRecord session)
    {
        if (session is { Outcome: { } outcome, EndedAt: { } at })
            Tell(session, session.Id, [events.PublishAsync(new SessionEnded(session.Tenant, at, session.Id, session.User, session.Agent, session.AgentVersion, outcome))]);
    }

    /// <summary>Announces that the session is about to name a turn as ended.</summary>
    public Expectation Expect(string turn)
    {
        Open(turn);
        return new Expectation(this, turn);
    }

    /// <summary>False once everybody has heard of a turn that this replica ended.</summary>
    public bool MayBeUntold(RunningTurn ended) => ended.Owner != replicas.Self || _open.ContainsKey(ended.Id);

    /// <summary>Tells what replicas that are gone may not have told of a session.</summary>
    public async Task TellAgainAsync(SessionRecord session, CancellationToken cancellationToken)
    {
        var key = SessionKey.Of(session);
        await owned.AddAsync(key, cancellationToken);
        try
        {
            if (session.Turns.Count <= 1)
                Started(session);
            Ended(session);
            var left = session.Ended.Where(ended => ended.Owner != replicas.Self && !replicas.IsAlive(ended.Owner)).ToList();
            if (left.Count > 0)
                await TellAgainAsync(session, left, cancellationToken);
        }
        finally
        {
            owned.Remove(key);
        }
    }

    // First the session names this replica, so that a third one finds what is left should this one die as well.
    private async Task TellAgainAsync(SessionRecord session, List<RunningTurn> left, CancellationToken cancellationToken)
    {
        foreach (var ended in left)
            Open(ended.Id);
        await sessions.UpdateAsync(
            session,
            current => current with { Ended = [.. current.Ended.Select(ended => left.Contains(ended) ? ended with { Owner = replicas.Self } : ended)] },
            cancellationToken);
        foreach (var ended in left)
        {
            if (!await TellAsync(session, ended.Id, cancellationToken))
                Close(ended.Id);
        }
    }

    // By its log, which decides: the record of a turn may not say yet that it has ended.
    private async Task<bool> TellAsync(SessionRecord session, string id, CancellationToken cancellationToken)
    {
        if (await turns.GetAsync(session, id, cancellationToken) is not { } turn
            || await logs.ReadAsync(session, id, cancellationToken) is not [.., { Last: true } last] entries)
        {
            return false;
        }
        Tell(session, turn.Ended ? turn : TurnFold.Apply(turn, entries), TurnTrail.Of(last));
        return true;
    }

    private void Open(string turn) => _open.AddOrUpdate(turn, 1, (_, count) => count + 1);

    private void Close(string turn)
    {
        if (_open.AddOrUpdate(turn, 0, (_, count) => count - 1) <= 0)
            _open.TryRemove(new KeyValuePair<string, int>(turn, 0));
    }

    private void Tell(SessionRecord session, Turn turn, TurnTrail trail) => Tell(session, turn.Id, Publish(session, turn, trail));

    private void Tell(SessionRecord session, string what, IReadOnlyList<Task> published)
    {
        owned.Keep(SessionKey.Of(session));
        _ = WaitAsync(session, what, published);
    }

    private async Task WaitAsync(SessionRecord session, string what, IReadOnlyList<Task> published)
    {
        try
        {
            await Task.WhenAll(published);
            owned.Remove(SessionKey.Of(session));
            Close(what);
        }
        catch (OperationCanceledException)
        {
            // The session stays among the owned ones of a life that ends.
            Untold(logger, what);
        }
    }

    private List<Task> Publish(SessionRecord session, Turn turn, TurnTrail trail)
    {
        var at = turn.CreatedAt.AddMilliseconds(turn.DurationMs ?? 0);
        var version = turn.AgentVersion ?? session.AgentVersion;
        var published = new List<Task>
        {
            turn.Status == TurnStatus.Completed
                ? events.PublishAsync(new TurnCompleted(
                    session.Tenant, at, turn.Id, session.Id, session.Agent, version, trail.CallIds, trail.Passages, turn.TtftMs ?? 0, turn.DurationMs ?? 0, session.User))
                : events.PublishAsync(new TurnFailed(
                    session.Tenant, at, turn.Id, session.Id, session.Agent, version, trail.CallIds, trail.Passages, turn.TtftMs, turn.DurationMs ?? 0,
                    turn.Error?.Code ?? "cancelled", session.User)),
        };
        if (trail.Groundedness is { } groundedness)
            published.Add(events.PublishAsync(new AnswerScored(session.Tenant, at, turn.Id, groundedness, session.Agent, version)));
        return published;
    }

    [LoggerMessage(LogLevel.Warning, "The process ends before everybody has heard of {What}; another replica tells")]
    private static partial void Untold(ILogger logger, string what);

    /// <summary>A turn that is about to be named as ended by this replica, or, when it is disposed of first, not.</summary>
    public sealed class Expectation(SessionFacts facts, string turn) : IDisposable
    {
        private bool _told;

        /// <summary>It is: tells. The session must be owned.</summary>
        public void Tell(SessionRecord session, Turn ended, TurnTrail trail)
        {
            _told = true;
            facts.Tell(session, ended, trail);
        }

        /// <summary>It is, and its log tells what became of it. The session must be owned.</summary>
        public async Task TellAsync(SessionRecord session, CancellationToken cancellationToken) =>
            _told = await facts.TellAsync(session, turn, cancellationToken);

        public void Dispose()
        {
            if (!_told)
                facts.Close(turn);
        }
    }
}
