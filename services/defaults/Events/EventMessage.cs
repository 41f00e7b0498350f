using System.Text.Json;
using System.Text.Json.Serialization;
using Agents.Contracts;
using Agents.Defaults.Api;
using Dapr;

namespace Agents.Defaults.Events;

/// <summary>An event on the wire: a CloudEvent 1.0 whose id is the dedupe key.</summary>
/// <remarks>Also what a subscriber binds when it reads the envelope: data stays JSON until its type is known.</remarks>
public sealed class EventMessage : CloudEvent<JsonElement>
{
    [JsonConstructor]
    public EventMessage(JsonElement data)
        : base(data)
    {
    }

    [JsonPropertyName("id")]
    public required string Id { get; init; }

    [JsonPropertyName("specversion")]
    public string SpecVersion { get; init; } = "1.0";

    [JsonPropertyName("time")]
    public DateTimeOffset? Time { get; init; }

    [JsonPropertyName("traceparent")]
    public string? TraceParent { get; init; }

    internal static EventMessage From<TEvent>(TEvent fact, string appId)
        where TEvent : IEvent => new(JsonSerializer.SerializeToElement(fact, Json.Options))
        {
            Id = fact.Id,
            Type = TEvent.Type,
            Source = new Uri($"agents/{appId}", UriKind.Relative),
            Time = fact.Time,
            TraceParent = System.Diagnostics.Activity.Current?.Id,
        };
}
