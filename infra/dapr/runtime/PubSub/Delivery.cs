using System.Globalization;
using System.Text.Json;
using Agents.Cel;
using Agents.LocalRuntime.Json;

namespace Agents.LocalRuntime.PubSub;

/// <summary>A message made ready for one subscription: the route it takes and the body the app gets.</summary>
internal sealed class Delivery : IDisposable
{
    private readonly JsonDocument? _event;

    private Delivery(Message message, JsonDocument? document, string path, byte[] body, string? traceParent)
    {
        (Message, _event, Path, Body, TraceParent) = (message, document, path, body, traceParent);
    }

    public Message Message { get; }

    public string Path { get; }

    public byte[] Body { get; }

    /// <summary>The event's trace, or null for raw messages.</summary>
    public string? TraceParent { get; }

    /// <summary>The delivery, or null and the reason why nobody gets the message.</summary>
    public static Delivery? Prepare(Message message, Subscription subscription, TimeProvider time, out string problem)
    {
        problem = "";
        if (subscription.IsRaw)
        {
            var path = subscription.Rules.FirstOrDefault(rule => rule.Match is null)?.Path;
            if (path is null) problem = "raw messages take only the default route, and there is none";
            var body = subscription.Bulk is null ? CloudEvent.AroundRaw(message.Data, subscription.PubSubName, subscription.Topic) : message.Data;
            return path is null ? null : new(message, null, path, body, null);
        }

        JsonDocument? document = null;
        try
        {
            document = JsonDocument.Parse(message.Data, new JsonDocumentOptions { MaxDepth = GoJson.DeepestNesting });
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) problem = "it is no CloudEvent";
            else if (HasExpired(root, time)) problem = "it has expired";
            else if (Route(root, subscription) is { } path) return new(message, document, path, message.Data, Text(root, "traceparent"));
            else problem = "no route matches";
        }
        catch (JsonException)
        {
            problem = "it is no CloudEvent";
        }
        catch (CelException error)
        {
            problem = $"a routing rule failed: {error.Message}";
        }

        document?.Dispose();
        return null;
    }

    public void Dispose() => _event?.Dispose();

    /// <summary>The event as JSON, for a bulk envelope; raw messages have none.</summary>
    public JsonElement? Event => _event?.RootElement;

    private static string? Route(JsonElement root, Subscription subscription) =>
        subscription.Rules.FirstOrDefault(rule => rule.Match?.IsTrue(name => Variable(name, root)) ?? true)?.Path;

    private static JsonElement Variable(string name, JsonElement root) =>
        name == "event" ? root : throw new CelException($"unknown name '{name}'");

    private static bool HasExpired(JsonElement root, TimeProvider time) =>
        Text(root, "expiration") is { } text &&
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) &&
        at <= time.GetUtcNow();

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String &&
            value.GetString() is { Length: > 0 } text ? text : null;
}
