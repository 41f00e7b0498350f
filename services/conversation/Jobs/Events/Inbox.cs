using System.Text.Json;
using Agents.Contracts;
using Agents.Conversation.Hooks;
using Agents.Conversation.Jobs.Lanes;
using Agents.Conversation.Keys;
using Agents.Conversation.Tools;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Events;
using Agents.Defaults.Identity;

namespace Agents.Conversation.Jobs.Events;

/// <summary>What <c>agents.job.submit.v1</c> carries. The event's id and source are its idempotency key.</summary>
/// <param name="Key">Id (<c>ak_...</c>) of an API key with the scope <c>jobs</c>: whose job it is. The key itself never travels in an event.</param>
/// <param name="Job">As in <c>POST /v1/jobs</c>.</param>
internal sealed record SubmitJobEvent(string Key, SubmitJob Job);

/// <summary>Tells on <c>agents-out</c>, as <c>agents.job.refused.v1</c>, that an event did not become a job.</summary>
/// <param name="Event">Id of the event.</param>
/// <param name="Code">Stable, as in problems of the API.</param>
internal sealed record JobRefused(string Event, string Code, string Detail);

/// <summary>
/// What others say on <c>agents-in</c>: jobs, replies to event tools, and events of their own that rules make jobs of. An event that
/// cannot become what it wants is answered on <c>agents-out</c> and taken: sending it again would not mend it. Only when a store or lane
/// does not answer is it asked for again.
/// </summary>
internal sealed partial class Inbox(
    ToolReplies replies, JobRules rules, JobDesk desk, KeyStore keys, LaneOptions lanes, EgressClient egress, EventPublisher events, TimeProvider time,
    ILogger<Inbox> logger)
{
    private const string SubmitType = "agents.job.submit.v1";
    private const string SubmitTypes = "agents.job.submit.";

    public async Task ReceiveAsync(Stream delivery, CancellationToken cancellationToken)
    {
        if (await ReadAsync(delivery, cancellationToken) is not { } body || Read<EventMessage>(body) is not { Id.Length: > 0 } message)
        {
            Unreadable(logger);
            return;
        }
        if (message.Type == ToolReplies.Type)
            await replies.ReceiveAsync(message, cancellationToken);
        else if (message.Type == SubmitType)
            await SubmitAsync(message, cancellationToken);
        else if (message.Type?.StartsWith(SubmitTypes, StringComparison.Ordinal) == true)
            await RefuseAsync(Caller.OperatorTenant, message, Problem.Invalid("type", $"type must be {SubmitType}.", "version_unknown"), cancellationToken);
        // What we say ourselves must not make us say more.
        else if (message.Type?.StartsWith("agents.", StringComparison.Ordinal) != true)
            await ApplyRulesAsync(message, body, cancellationToken);
    }

    private async Task SubmitAsync(EventMessage message, CancellationToken cancellationToken)
    {
        if (Read<SubmitJobEvent>(message.Data) is not { } submitted)
        {
            await RefuseAsync(Caller.OperatorTenant, message, Problem.Invalid("data", "data must be {key, job}."), cancellationToken);
            return;
        }
        if (await KeyAsync(submitted.Key, cancellationToken) is not { } key)
        {
            await RefuseAsync(
                Caller.OperatorTenant, message, new Problem(403, "not_allowed", "data.key must be the id of a valid API key with the scope jobs.", "data.key"), cancellationToken);
            return;
        }
        var delegates = key.Scopes.Contains(Scopes.SessionsDelegate) || key.Scopes.Contains(Scopes.Admin);
        await AcceptAsync(message, key.Tenant, JobDesk.IdOf(key.Tenant, $"{message.Source}", message.Id), submitted.Job, delegates, cancellationToken);
    }

    private async Task ApplyRulesAsync(EventMessage message, JsonElement body, CancellationToken cancellationToken)
    {
        foreach (var rule in await rules.AllAsync(cancellationToken))
        {
            if (rule.Apply(body) is { } job)
                await AcceptAsync(message, rule.Tenant, JobDesk.IdOf(rule.Tenant, $"{rule.Id} {message.Source}", message.Id), job, delegates: true, cancellationToken);
        }
    }

    private async Task AcceptAsync(EventMessage message, string tenant, string id, SubmitJob job, bool delegates, CancellationToken cancellationToken)
    {
        // Whoever hears of the result knows by this which event it answers.
        var named = job with { Metadata = new Dictionary<string, string>(job.Metadata ?? new Dictionary<string, string>()) { ["event_id"] = message.Id } };
        var refusal = job.Refusal(delegates, lanes, egress, time.GetUtcNow()) ?? named.Refusal(delegates, lanes, egress, time.GetUtcNow());
        if (refusal is null)
        {
            try
            {
                await desk.SubmitAsync(id, tenant, named, again: true, cancellationToken);
                return;
            }
            catch (ProblemException exception) when (exception.Problem is { Status: < 500, RetryAfter: null })
            {
                // For good, unlike a lane that is full.
                refusal = exception.Problem;
            }
        }
        await RefuseAsync(tenant, message, refusal, cancellationToken);
    }

    private async Task RefuseAsync(string tenant, EventMessage message, Problem problem, CancellationToken cancellationToken)
    {
        Refused(logger, message.Id, problem.Code);
        var answer = new EventMessage(JsonSerializer.SerializeToElement(new JobRefused(message.Id, problem.Code, problem.Detail), Json.Options))
        {
            Id = $"{message.Id}.refused",
            Type = "agents.job.refused.v1",
            Source = new Uri("agents/conversation", UriKind.Relative),
            Subject = message.Id,
            Time = time.GetUtcNow(),
            TraceParent = message.TraceParent,
        };
        await events.PublishNowAsync(Topics.Out, tenant, [answer], cancellationToken);
    }

    private async Task<KeyRecord?> KeyAsync(string id, CancellationToken cancellationToken)
    {
        if (!Ids.IsValid(KeyFormat.Prefix, id) || await keys.GetAsync(id, cancellationToken) is not { RevokedAt: null } key || key.ExpiresAt <= time.GetUtcNow())
            return null;
        return key.Scopes.Contains(Scopes.Jobs) || key.Scopes.Contains(Scopes.Admin) ? key : null;
    }

    // Read here, not by the framework, whose refusal would only bring it back.
    private static async Task<JsonElement?> ReadAsync(Stream delivery, CancellationToken cancellationToken)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync<JsonElement>(delivery, Json.Options, cancellationToken);
        }
        catch (JsonException)
        {
            // Said in the log, by the caller.
            return null;
        }
    }

    private static T? Read<T>(JsonElement json)
        where T : class
    {
        try
        {
            return json.Deserialize<T>(Json.Options);
        }
        catch (JsonException)
        {
            // Said to whoever sent it, by the caller.
            return null;
        }
    }

    [LoggerMessage(LogLevel.Warning, "A message on agents-in is no CloudEvent; dropped")]
    private static partial void Unreadable(ILogger logger);

    [LoggerMessage(LogLevel.Warning, "Event {Event} did not become a job: {Code}")]
    private static partial void Refused(ILogger logger, string @event, string code);
}

internal static class InboxEndpoint
{
    public static void AddInbox(this IServiceCollection services) => services.AddSingleton<JobRules>().AddSingleton<Inbox>();

    public static void MapInbox(this IEndpointRouteBuilder routes) => routes.MapTopic(
        Topics.In, (HttpRequest delivery, Inbox inbox, CancellationToken cancellationToken) => inbox.ReceiveAsync(delivery.Body, cancellationToken));
}
