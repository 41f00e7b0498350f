using Agents.Defaults.Errors;

namespace Agents.Conversation.Sessions;

/// <summary>Ends sessions. The first end stands.</summary>
internal sealed class SessionEnd(SessionStore sessions, OwnedSessions owned, SessionFacts facts, TimeProvider time)
{
    /// <summary>The session afterwards; null when there is none.</summary>
    /// <exception cref="ProblemException">409 <c>session_busy</c>.</exception>
    public Task<SessionRecord?> EndAsync(SessionRecord session, Outcome outcome, CancellationToken cancellationToken) =>
        EndAsync(session, outcome, current => current.Running is null
            ? true
            : throw new ProblemException(Problem.Conflict("session_busy", "The session is answering a turn; cancel it, or wait for its end.", TimeSpan.FromSeconds(1))),
            cancellationToken);

    /// <summary>As above, if the session as it then is <paramref name="may"/> be ended.</summary>
    public async Task<SessionRecord?> EndAsync(
        SessionRecord session, Outcome outcome, Func<SessionRecord, bool> may, CancellationToken cancellationToken)
    {
        var key = SessionKey.Of(session);
        await owned.AddAsync(key, cancellationToken);
        try
        {
            var ended = await EndOwnedAsync(session, outcome, may, cancellationToken);
            // Told again when the end is asked for again: the event has the same id.
            if (ended is not null)
                facts.Ended(ended);
            return ended;
        }
        finally
        {
            owned.Remove(key);
        }
    }

    private Task<SessionRecord?> EndOwnedAsync(
        SessionRecord session, Outcome outcome, Func<SessionRecord, bool> may, CancellationToken cancellationToken) => sessions.UpdateAsync(
            session,
            current => current.Outcome is not null || !may(current)
                ? null
                : current with
                {
                    // Whoever was handed to a person and then fell silent was not abandoned by the agent.
                    Outcome = (outcome == Outcome.Abandoned && current.Escalation is not null ? Outcome.Escalated : outcome).ToString().ToLowerInvariant(),
                    EndedAt = time.GetUtcNow(),
                    AwaitsPerson = false,
                    PersonUntil = null,
                },
            cancellationToken);
}
