using System.Text.Json;
using Dapr.Client;

namespace Dapr.Actors.Runtime;

/// <summary>Writes the answer to <c>GET /dapr/config</c>, by which the sidecar learns which actors the app hosts.</summary>
internal static class ActorConfigDocument
{
    public static ReadOnlyMemory<byte> Of(ActorRuntimeOptions options) => SidecarJson.Write(JsonSerializerOptions.Default, json =>
    {
        json.WriteStartObject();
        WriteEntities(json, options.Actors);
        WriteOptions(json, options);
        var withOptions = options.Actors.Where(actor => actor.TypeOptions is not null).ToList();
        if (withOptions.Count > 0)
        {
            json.WriteStartArray("entitiesConfig");
            foreach (var actor in withOptions)
            {
                json.WriteStartObject();
                WriteEntities(json, [actor]);
                WriteOptions(json, actor.TypeOptions!);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    });

    private static void WriteEntities(Utf8JsonWriter json, IEnumerable<ActorRegistration> actors)
    {
        json.WriteStartArray("entities");
        foreach (var actor in actors) json.WriteStringValue(actor.Type.ActorTypeName);
        json.WriteEndArray();
    }

    private static void WriteOptions(Utf8JsonWriter json, ActorRuntimeOptions options)
    {
        WriteDuration(json, "actorIdleTimeout", options.ActorIdleTimeout);
        WriteDuration(json, "actorScanInterval", options.ActorScanInterval);
        WriteDuration(json, "drainOngoingCallTimeout", options.DrainOngoingCallTimeout);
        if (options.DrainRebalancedActors) json.WriteBoolean("drainRebalancedActors", true);
        if (options.RemindersStoragePartitions is { } partitions) json.WriteNumber("remindersStoragePartitions", partitions);
        json.WriteStartObject("reentrancy");
        json.WriteBoolean("enabled", options.ReentrancyConfig.Enabled);
        if (options.ReentrancyConfig.MaxStackDepth is { } depth) json.WriteNumber("maxStackDepth", depth);
        json.WriteEndObject();
    }

    private static void WriteDuration(Utf8JsonWriter json, string name, TimeSpan? duration)
    {
        if (duration is { } value) json.WriteString(name, ActorDuration.Write(value));
    }
}
