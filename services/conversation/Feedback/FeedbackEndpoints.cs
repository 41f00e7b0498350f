using Agents.Contracts;
using Agents.Conversation.Sessions;
using Agents.Conversation.Turns;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Events;
using Agents.Defaults.Idempotency;
using Agents.Defaults.Identity;

namespace Agents.Conversation.Feedback;

/// <summary>Rates an answer; a later rating of the same turn replaces the earlier one.</summary>
/// <param name="Rating"><c>up</c> or <c>down</c>.</param>
/// <param name="Comment">At most 2,000 characters.</param>
public sealed record GiveFeedback(Rating? Rating, string? Comment);

/// <summary>What the session's user thought of an answer.</summary>
/// <param name="Revision">From 1; each other rating or comment counts one up.</param>
/// <param name="Since">When the answer was rated first.</param>
public sealed record TurnFeedback(Rating Rating, string? Comment, int Revision, DateTimeOffset GivenAt, DateTimeOffset? Since = null);

/// <inheritdoc cref="TurnFeedback"/>
public enum Rating
{
    Up,
    Down,
}

internal static class FeedbackEndpoints
{
    private const int MaxComment = 2_000;

    public static void MapFeedback(this IEndpointRouteBuilder routes) => routes.MapPost("/v1/sessions/{id}/turns/{turn}/feedback", Give)
        .WithTags("Turns").RequireScope(Scopes.Sessions).WithIdempotency().Produces<TurnFeedback>()
        .WithSummary("Rate the turn's answer: up or down, with a comment if wanted.");

    private static async Task<IResult> Give(
        string id, string turn, GiveFeedback request, Caller caller, SessionStore sessions, TurnStore turns, EventPublisher events, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (await sessions.FindAsync(caller.Tenant, id, cancellationToken) is not { } session)
            return Problem.NotFound("session");
        if (await turns.FindAsync(session, turn, cancellationToken) is not { } found)
            return Problem.NotFound("turn");
        if (request.Rating is not { } rating)
            return Problem.Invalid("rating", "rating must be up or down.");
        if (Checks.Optional("comment", request.Comment, MaxComment) is { } refusal)
            return refusal;
        if (!found.Ended)
            return Problem.Conflict("turn_not_ended", "The turn is still being answered; rate it when it has ended.", TimeSpan.FromSeconds(1));
        var rated = await turns.UpdateAsync(
            session,
            turn,
            // A turn whose end is in its log, but not yet in its record, is settled with the rating in it.
            stored => Rate(stored.Ended ? stored : found, rating, request.Comment, time.GetUtcNow()),
            cancellationToken);
        if (rated?.Feedback is not { } feedback)
            return Problem.NotFound("turn");
        // Told again when it is given again: the event has the same id.
        await events.PublishSoonAsync(
            new FeedbackGiven(
                session.Tenant, feedback.GivenAt, turn, rating.ToString().ToLowerInvariant(), feedback.Revision, feedback.Since, session.Agent,
                rated.AgentVersion ?? session.AgentVersion, session.User),
            cancellationToken);
        return TypedResults.Ok(feedback);
    }

    private static Turn? Rate(Turn turn, Rating rating, string? comment, DateTimeOffset now) =>
        turn.Feedback is { } before && before.Rating == rating && before.Comment == comment
            ? null
            : turn with { Feedback = new TurnFeedback(rating, comment, (turn.Feedback?.Revision ?? 0) + 1, now, turn.Feedback?.Since ?? now) };
}
