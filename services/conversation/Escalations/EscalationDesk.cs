using Agents.Contracts;
using Agents.Conversation.Catalog;
using Agents.Conversation.Hooks.Webhooks;
using Agents.Conversation.Memory;
using Agents.Conversation.Sessions;
using Agents.Conversation.Turns;
using Agents.Conversation.Turns.Logs;
using Agents.Defaults.Errors;
using Agents.Defaults.Events;

namespace Agents.Conversation.Escalations;

/// <summary>
/// Hands dialogues to people and back. The escalation's record says who has it; the session says that it waits, so that it is kept for as
/// long and its agent is silent while a person answers. Each step may be repeated.
/// </summary>
internal sealed class EscalationDesk(
    EscalationStore escalations, SessionStore sessions, TurnStore turns, TurnLogs logs, AgentStore agents, MemoryUpkeep upkeep, Webhooks webhooks,
    EventPublisher events, TimeProvider time)
{
    /// <summary>Opens an escalation if the agent's policy asks for one after this turn. Done before the turn's session is free for the next one.</summary>
    public async Task ConsiderAsync(SessionRecord session, Turn turn, double? groundedness, CancellationToken cancellationToken)
    {
        if (await agents.VersionAsync(session.Tenant, session.Agent, turn.AgentVersion ?? session.AgentVersion, cancellationToken) is { } agent
            && EscalationRules.Reason(agent, turn, groundedness) is { } reason)
        {
            await OpenAsync(session, turn.Id.Replace(TurnStore.Prefix, EscalationStore.Prefix, StringComparison.Ordinal), reason, turn.Id, null, cancellationToken);
        }
    }

    /// <summary>Opens an escalation, unless the session has an open one: then that one. Null when the session has ended or is gone.</summary>
    /// <param name="turn">The turn that is just ending, if it is one that calls for a person.</param>
    public async Task<Escalation?> OpenAsync(
        SessionRecord session, string id, string reason, string? turn, string? comment, CancellationToken cancellationToken)
    {
        if (await sessions.GetAsync(SessionKey.Of(session), cancellationToken) is not { Deleted: false, Outcome: null } now)
            return null;
        // A turn may be settled again, much later.
        if (turn is not null && now.Running?.Id != turn)
            return null;
        if (now.AwaitsPerson && now.Escalation != id)
            return await escalations.FindAsync(session.Tenant, now.Escalation!, cancellationToken);
        // One that was opened and resolved meanwhile is not opened again.
        if (now.Escalation == id && !now.AwaitsPerson)
            return await escalations.FindAsync(session.Tenant, id, cancellationToken);
        var round = now.Escalation == id ? now.Escalations : now.Escalations + 1;
        var opened = new Escalation(id, now.Id, now.Agent, now.AgentVersion, now.User, reason, EscalationStatus.Open, round, time.GetUtcNow())
        {
            TurnId = turn,
            Comment = comment,
        };
        opened = await escalations.CreateAsync(session.Tenant, opened, cancellationToken);
        var after = await sessions.UpdateAsync(
            session,
            current => current.AwaitsPerson ? null : current with
            {
                Escalation = id,
                Escalations = round,
                AwaitsPerson = true,
                // Its turns are kept for longer from now on.
                KeptAt = DateTimeOffset.UnixEpoch,
            },
            cancellationToken);
        if (after?.Escalation != id)
        {
            await escalations.DeleteAsync(session.Tenant, id, cancellationToken);
            return after is null ? null : await escalations.FindAsync(session.Tenant, after.Escalation!, cancellationToken);
        }
        upkeep.After(after);
        await events.PublishSoonAsync(
            new EscalationOpened(session.Tenant, opened.CreatedAt, now.Id, opened.Reason, opened.Round, now.Agent, now.AgentVersion), cancellationToken);
        await TellAsync(session.Tenant, opened, "opened", cancellationToken);
        return opened;
    }

    /// <summary>Takes an escalation for a person, or keeps it for longer. Null when there is no such escalation.</summary>
    /// <exception cref="ProblemException">409 <c>escalation_claimed|escalation_resolved</c>.</exception>
    public async Task<Escalation?> ClaimAsync(string tenant, string id, string person, TimeSpan lease, CancellationToken cancellationToken)
    {
        var claimed = await escalations.UpdateAsync(
            tenant, id, current => Mine(current, person) with { Status = EscalationStatus.Claimed, Operator = person, ClaimedUntil = time.GetUtcNow() + lease }, cancellationToken);
        if (claimed is not null && await sessions.FindAsync(tenant, claimed.SessionId, cancellationToken) is { } session)
            await sessions.UpdateAsync(session, current => current.Escalation == id ? current with { PersonUntil = claimed.ClaimedUntil } : null, cancellationToken);
        return claimed;
    }

    /// <summary>Says something to the user in the person's name: a turn of the session without a question. Null when there is no such session any more.</summary>
    /// <exception cref="ProblemException">409 <c>not_claimed|escalation_claimed|escalation_resolved|session_ended|session_full</c>.</exception>
    public async Task<Turn?> ReplyAsync(string tenant, Escalation escalation, string person, string id, string text, CancellationToken cancellationToken)
    {
        if (Mine(escalation, person).Operator is null)
            throw new ProblemException(Problem.Conflict("not_claimed", "Claim the escalation first, so that one person answers at a time."));
        if (await sessions.FindAsync(tenant, escalation.SessionId, cancellationToken) is not { } session)
            return null;
        var now = time.GetUtcNow();
        var turn = new Turn(id, session.Id, TurnStatus.Completed, "", new TurnOutput(text, []), null, null, null, 0, Trace.CurrentId(), now) { Operator = person };
        if (!session.Turns.Contains(id))
        {
            await turns.PutAsync(session, turn, cancellationToken);
            await logs.Get(session, id).AppendAsync(
                [
                    TurnEntry.Of(new TurnEvent.Started(session.Id), 0), TurnEntry.Of(new TurnEvent.Delta(text), 0),
                    TurnEntry.Of(new TurnEvent.Completed(TurnUsage.None, 0, 0, turn.TraceId, false, null), 0),
                ],
                cancellationToken);
        }
        await sessions.UpdateAsync(session, current => current.Turns.Contains(id) ? null : Refusing(current).Hear(new Exchange("", text, id), now), cancellationToken);
        await ClaimAsync(tenant, escalation.Id, person, escalation.ClaimedUntil is { } until && until - now > Shortest ? until - now : Shortest, cancellationToken);
        return turn;
    }

    /// <summary>Gives the dialogue back to its agent. Null when there is no such escalation.</summary>
    /// <exception cref="ProblemException">409 <c>escalation_claimed</c>.</exception>
    public async Task<Escalation?> ResolveAsync(string tenant, string id, string person, string? resolution, CancellationToken cancellationToken)
    {
        var resolved = await escalations.UpdateAsync(
            tenant,
            id,
            current => current.Status == EscalationStatus.Resolved ? current : Mine(current, person) with
            {
                Status = EscalationStatus.Resolved,
                Operator = person,
                ClaimedUntil = null,
                Resolution = resolution,
                ResolvedAt = time.GetUtcNow(),
            },
            cancellationToken);
        if (resolved is null)
            return null;
        if (await sessions.FindAsync(tenant, resolved.SessionId, cancellationToken) is { } session)
            await sessions.UpdateAsync(session, current => current.Escalation == id && current.AwaitsPerson ? current with { AwaitsPerson = false, PersonUntil = null } : null, cancellationToken);
        await events.PublishSoonAsync(
            new EscalationResolved(
                tenant, resolved.ResolvedAt ?? time.GetUtcNow(), resolved.SessionId, resolved.Reason, resolved.Round, resolved.Agent, resolved.AgentVersion),
            cancellationToken);
        await TellAsync(tenant, resolved, "resolved", cancellationToken);
        return resolved;
    }

    private static readonly TimeSpan Shortest = TimeSpan.FromMinutes(15);

    private static Escalation Mine(Escalation escalation, string person) => escalation switch
    {
        { Status: EscalationStatus.Resolved } => throw new ProblemException(Problem.Conflict("escalation_resolved", "The escalation is resolved.")),
        { Operator: { } other } when other != person => throw new ProblemException(Problem.Conflict("escalation_claimed", $"The escalation is claimed by {other}.")),
        _ => escalation,
    };

    private static SessionRecord Refusing(SessionRecord session) => session switch
    {
        { Outcome: not null } => throw new ProblemException(Problem.Conflict("session_ended", "The session has ended.")),
        { Turns.Count: >= SessionRecord.MaxTurns } => throw new ProblemException(Problem.Conflict("session_full", $"A session holds at most {SessionRecord.MaxTurns} turns.")),
        _ => session,
    };

    private async Task TellAsync(string tenant, Escalation escalation, string what, CancellationToken cancellationToken)
    {
        if ((await agents.VersionAsync(tenant, escalation.Agent, escalation.AgentVersion, cancellationToken))?.Escalation.Webhook is { } url)
            await webhooks.SendAsync(tenant, $"{escalation.Id}.{what}", url, $"escalation.{what}", escalation, cancellationToken);
    }
}
