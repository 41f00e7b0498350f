using System.Text.Json;
using System.Text.Json.Nodes;
using Agents.Contracts;
using Agents.Conversation.Catalog;
using Agents.Defaults.Api;
using Agents.Defaults.Events;
using Agents.Defaults.State;
using Dapr.Client;

namespace Agents.Conversation.Tools;

/// <summary>
/// Asks by an event on <c>agents-out</c> and waits for the reply on <c>agents-in</c>, which any replica may receive. The event's id is the
/// call's, so that whoever answers can drop what comes twice.
/// </summary>
internal sealed class EventTool(ToolSpec spec, DaprClient dapr, ToolReplies replies, TimeProvider time) : ITool
{
    private static readonly JsonNode NoArguments = JsonNode.Parse("""{"type":"object","properties":{}}""")!;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    public string Name => spec.Name!;

    public string Description => spec.Description ?? spec.Name!;

    public JsonNode Parameters { get; } = spec.Parameters is { } schema ? JsonNode.Parse(schema.GetRawText())! : NoArguments;

    public bool Repeatable => true;

    public TimeSpan Limit => TimeSpan.FromSeconds(spec.TimeoutSeconds ?? 30);

    public async Task<ToolResult> RunAsync(ToolContext context, JsonElement arguments, CancellationToken cancellationToken)
    {
        await replies.ExpectAsync(context.EffectId, cancellationToken);
        var tenant = context.Session.Tenant;
        var call = new JsonObject
        {
            ["tool_call_id"] = context.EffectId,
            ["tenant"] = tenant,
            ["session"] = context.Session.Id,
            ["turn"] = context.Turn,
            ["tool"] = Name,
            ["arguments"] = JsonNode.Parse(arguments.GetRawText()),
        };
        var message = new EventMessage(JsonSerializer.SerializeToElement(call, Json.Options))
        {
            Id = context.EffectId,
            Type = spec.EventType,
            Source = new Uri("agents/conversation", UriKind.Relative),
            Time = time.GetUtcNow(),
        };
        await dapr.BulkPublishEventAsync(Subscriptions.PubSub, Topics.Out, [message], new Dictionary<string, string> { ["partitionKey"] = tenant }, cancellationToken);
        while (true)
        {
            if (await replies.FindAsync(context.EffectId, cancellationToken) is { } reply)
                return reply;
            await Task.Delay(Pause, time, cancellationToken);
        }
    }
}

/// <summary>Replies to event tools, <c>tool-reply/{call}</c>: there while somebody waits for them.</summary>
internal sealed class ToolReplies(Stores stores)
{
    public const string Type = "agents.tool.reply.v1";

    private const int MaxContent = 5_000;
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(10);

    /// <summary>Takes an event that is a reply; one that is none, or that nobody waits for, is dropped.</summary>
    public async Task ReceiveAsync(EventMessage message, CancellationToken cancellationToken)
    {
        try
        {
            if (message.Data is { ValueKind: JsonValueKind.Object } data && Text(data, "tool_call_id") is { } call && data.TryGetProperty("result", out var result))
            {
                var failed = data.TryGetProperty("failed", out var flag) && flag.ValueKind == JsonValueKind.True;
                await TakeAsync(call, new ToolResult(Text(data, "result") ?? result.GetRawText(), failed), cancellationToken);
            }
        }
        catch (InvalidOperationException)
        {
            // Half a character is no reply either.
        }
    }

    public Task ExpectAsync(string call, CancellationToken cancellationToken) =>
        stores.Sessions.UpdateAsync<Reply>(Key(call), known => known is null ? new Reply(null) : null, cancellationToken, Kept);

    public async Task<ToolResult?> FindAsync(string call, CancellationToken cancellationToken) =>
        (await stores.Sessions.GetAsync<Reply>(Key(call), cancellationToken))?.Value.Result;

    /// <summary>Takes a reply. The first one stands; one that nobody waits for is dropped.</summary>
    public Task TakeAsync(string call, ToolResult result, CancellationToken cancellationToken) => stores.Sessions.UpdateAsync<Reply>(
        Key(call),
        known => known is { Result: null } ? new Reply(result with { Content = result.Content[..Math.Min(result.Content.Length, MaxContent)] }) : null,
        cancellationToken,
        Kept);

    private static string? Text(JsonElement data, string member) =>
        data.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string Key(string call) => $"tool-reply/{Ids.Hash(call)}";

    private sealed record Reply(ToolResult? Result);
}
