using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Agents.LocalRuntime.Actors.Api;
using Agents.LocalRuntime.Apps;
using Agents.LocalRuntime.Http;

namespace Agents.LocalRuntime.Metadata;

/// <summary>Metadata, health and shutdown.</summary>
internal static class MetadataEndpoints
{
    /// <summary>The daprd version whose API this runtime speaks.</summary>
    public const string ApiVersion = "1.18.3";

    private const string Extended = "extended";
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Health routes need no token, so that probes work without.</summary>
    public static bool IsHealthRoute(ApiRequest request) =>
        request.IsGet && request.Path.Clean is "/v1.0/healthz" or "/v1.0/healthz/outbound";

    /// <summary>Answers the request, or says that none of these routes fits it.</summary>
    public static bool TryHandle(ApiRequest request, Action<Sidecar> shutdown, out Task done)
    {
        done = Task.CompletedTask;
        switch (request.Method, request.Path.Clean)
        {
            case ("GET", "/v1.0/healthz"):
                CheckHealth(request);
                request.NoContent();
                return true;
            case ("GET", "/v1.0/healthz/outbound"):
                request.NoContent();
                return true;
            case ("GET", "/v1.0/metadata"):
                done = request.JsonAsync(Write(request.Sidecar));
                return true;
            case ("POST", "/v1.0/shutdown"):
                request.NoContent();
                request.Http.Response.OnCompleted(() =>
                {
                    shutdown(request.Sidecar);
                    return Task.CompletedTask;
                });
                return true;
            case ("PUT", _) when request.Path.Count == 3 && request.Path.Raw(0) == "v1.0" && request.Path.Raw(1) == "metadata":
                done = PutAsync(request);
                return true;
            default:
                return false;
        }
    }

    private static void CheckHealth(ApiRequest request)
    {
        if (request.Http.Request.Query.TryGetValue("appid", out var appId) && appId != request.Sidecar.Spec.AppId)
        {
            throw new ApiException(500, "ERR_HEALTH_APPID_NOT_MATCH", "dapr app-id does not match");
        }

        if (!request.Sidecar.IsReady) throw new ApiException(500, "ERR_HEALTH_NOT_READY", "dapr is not ready: [app]");
    }

    private static async Task PutAsync(ApiRequest request)
    {
        const int MostEntries = 1000;
        var extended = request.Sidecar.Extended;
        if (extended.Count >= MostEntries) throw new ApiException(400, "ERR_BAD_REQUEST", $"more than {MostEntries} metadata entries");
        extended[request.Path.Text(2)] = Encoding.UTF8.GetString(await request.ReadBodyAsync());
        request.NoContent();
    }

    private static ReadOnlyMemory<byte> Write(Sidecar sidecar)
    {
        var output = new ArrayBufferWriter<byte>(2048);
        using var json = new Utf8JsonWriter(output, Options);
        json.WriteStartObject();
        json.WriteString("id", sidecar.Spec.AppId);
        json.WriteString("runtimeVersion", ApiVersion);
        ActorMetadata.WriteCounts(json, sidecar.Actors);
        WriteComponents(json, sidecar);
        json.WriteStartObject(Extended);
        json.WriteString("daprRuntimeVersion", ApiVersion);
        foreach (var (name, value) in sidecar.Extended.OrderBy(item => item.Key, StringComparer.Ordinal)) json.WriteString(name, value);
        json.WriteEndObject();
        WriteSubscriptions(json, sidecar);
        WriteConnection(json, sidecar.Spec);
        ActorMetadata.WriteRuntime(json, sidecar.Actors);
        if (sidecar.Workflows?.WorkersAt(sidecar) is > 0 and var workers)
        {
            json.WriteStartObject("workflows");
            json.WriteNumber("connectedWorkers", workers);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.Flush();
        output.Write("\n"u8);
        return output.WrittenMemory;
    }

    private static void WriteComponents(Utf8JsonWriter json, Sidecar sidecar)
    {
        if (sidecar.Components.Infos.Count == 0) return;
        json.WriteStartArray("components");
        foreach (var component in sidecar.Components.Infos)
        {
            json.WriteStartObject();
            json.WriteString("name", component.Name);
            json.WriteString("type", component.Type);
            json.WriteString("version", component.Version);
            if (component.Capabilities.Count > 0)
            {
                json.WriteStartArray("capabilities");
                foreach (var capability in component.Capabilities) json.WriteStringValue(capability);
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteSubscriptions(Utf8JsonWriter json, Sidecar sidecar)
    {
        if (sidecar.Subscriptions.Count == 0) return;
        json.WriteStartArray("subscriptions");
        foreach (var subscription in sidecar.Subscriptions)
        {
            json.WriteStartObject();
            json.WriteString("pubsubname", subscription.PubSubName);
            json.WriteString("topic", subscription.Topic);
            if (subscription.Metadata.Count > 0)
            {
                json.WriteStartObject("metadata");
                foreach (var (name, value) in subscription.Metadata) json.WriteString(name, value);
                json.WriteEndObject();
            }

            json.WriteStartArray("rules");
            foreach (var rule in subscription.Rules)
            {
                json.WriteStartObject();
                if (rule.Match is not null) json.WriteString("match", rule.Match.Text);
                json.WriteString("path", rule.Path);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteString("deadLetterTopic", subscription.DeadLetterTopic);
            json.WriteString("type", subscription.Declarative ? "DECLARATIVE" : "PROGRAMMATIC");
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteConnection(Utf8JsonWriter json, AppSpec spec)
    {
        json.WriteStartObject("appConnectionProperties");
        if (spec.AppPort is { } port) json.WriteNumber("port", port);
        json.WriteString("protocol", "http");
        json.WriteString("channelAddress", spec.AppChannelAddress);
        if (spec.AppMaxConcurrency > 0) json.WriteNumber("maxConcurrency", spec.AppMaxConcurrency);
        if (spec.HealthCheck is { } check)
        {
            json.WriteStartObject("health");
            json.WriteString("healthCheckPath", check.Path);
            json.WriteString("healthProbeInterval", $"{check.Interval.TotalSeconds}s");
            json.WriteString("healthProbeTimeout", $"{check.Timeout.TotalMilliseconds}ms");
            json.WriteNumber("healthThreshold", check.Threshold);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
