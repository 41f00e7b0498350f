using System.Text.Json;
using Agents.LocalRuntime.Actors.Hosting;

namespace Agents.LocalRuntime.Actors.Api;

/// <summary>What the metadata API says about actors.</summary>
internal static class ActorMetadata
{
    /// <summary>Member <c>actors</c>, left out when the app hosts none.</summary>
    public static void WriteCounts(Utf8JsonWriter json, ActorHost host) => WriteTypes(json, "actors", host);

    /// <summary>Member <c>actorRuntime</c>.</summary>
    public static void WriteRuntime(Utf8JsonWriter json, ActorHost host)
    {
        var ready = host.IsInitialized;
        json.WriteStartObject("actorRuntime");
        json.WriteString("runtimeStatus", !host.Network.IsEnabled ? "DISABLED" : ready ? "RUNNING" : "INITIALIZING");
        if (host.Network.IsEnabled && ready) WriteTypes(json, "activeActors", host);
        json.WriteBoolean("hostReady", host.Network.IsEnabled && ready);
        if (!host.Network.IsEnabled) json.WriteString("placement", "placement: disconnected");
        else if (ready) json.WriteString("placement", "placement: connected");
        json.WriteEndObject();
    }

    private static void WriteTypes(Utf8JsonWriter json, string name, ActorHost host)
    {
        if (host.Config.Types.Count == 0) return;
        var counts = host.Network.Table.Placed().Where(activation => activation.Host == host).CountBy(activation => activation.Key.Type).ToDictionary();
        json.WriteStartArray(name);
        foreach (var type in host.Config.Types)
        {
            json.WriteStartObject();
            json.WriteString("type", type);
            if (counts.TryGetValue(type, out var count)) json.WriteNumber("count", count);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
