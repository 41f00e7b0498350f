using System.Text.Json;
using Dapr.AspNetCore;

namespace Agents.Defaults.Events;

/// <summary>Events of a topic that the sidecar delivers together; a parameter of handlers of <see cref="Subscriptions.MapTopicInBatches"/>.</summary>
public sealed class EventBatch
{
    // The sidecar's own names, camelCase, in both directions: not those of our API.
    private static readonly JsonSerializerOptions Wire = JsonSerializerOptions.Web;

    private readonly IReadOnlyList<string> _entries;

    private EventBatch(BulkSubscribeMessage<JsonElement> message)
    {
        Events = [.. message.Entries.Select(entry => entry.Event)];
        _entries = [.. message.Entries.Select(entry => entry.EntryId)];
    }

    /// <summary>The CloudEvents as they came, in no particular order. Nothing about their shape is checked.</summary>
    public IReadOnlyList<JsonElement> Events { get; }

    /// <summary>The answer that acknowledges all of them. An exception instead asks for all of them again.</summary>
    public IResult Acknowledge() => TypedResults.Json(
        new BulkSubscribeAppResponse([.. _entries.Select(entry => new BulkSubscribeAppResponseEntry(entry, BulkSubscribeAppResponseStatus.SUCCESS))]), Wire);

    /// <summary>Lets minimal APIs bind the batch as a parameter.</summary>
    public static async ValueTask<EventBatch?> BindAsync(HttpContext context)
    {
        var message = await context.Request.ReadFromJsonAsync<BulkSubscribeMessage<JsonElement>>(Wire, context.RequestAborted);
        return message?.Entries is null ? throw new BadHttpRequestException("The delivery has no entries.") : new EventBatch(message);
    }
}
