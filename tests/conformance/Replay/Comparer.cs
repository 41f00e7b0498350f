using System.Text.Json.Nodes;
using Agents.Conformance.Processes;

namespace Agents.Conformance.Replay;

/// <summary>An answer of the local runtime.</summary>
internal sealed record RealAnswer(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Text => System.Text.Encoding.UTF8.GetString(Body);
}

/// <summary>Says what differs between a recorded exchange and a real one.</summary>
internal sealed class Comparer(Stage stage)
{
    // Written by the HTTP libraries, different in every run, or compared apart.
    private static readonly HashSet<string> LibraryHeaders = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "User-Agent", "Content-Length", "Accept-Encoding", "Transfer-Encoding", "Connection", "Keep-Alive", "Date", "TE",
    };

    public IEnumerable<string> Answer(TranscriptCase recorded, RealAnswer real)
    {
        if (recorded.Status is null) yield break;
        if (recorded.Status != real.Status) yield return $"status {real.Status} instead of {recorded.Status}: {real.Text}";
        foreach (var (name, value) in recorded.ResponseHeaders.Where(header => !LibraryHeaders.Contains(header.Name)))
        {
            if (!real.Headers.TryGetValue(name, out var actual)) yield return $"header {name} is missing";
            else if (Normal.Text(actual) != Normal.Text(value)) yield return $"header {name} is '{actual}' instead of '{value}'";
        }

        if (recorded.Method == "HEAD") yield break;
        if (recorded.ResponseIsBase64)
        {
            if (Convert.ToBase64String(real.Body) != recorded.ResponseBody)
                yield return $"body {Convert.ToBase64String(real.Body)} instead of {recorded.ResponseBody}";
        }
        else if (recorded.Id == "metadata-active-actors")
        {
            // Its body was cut; the part that matters is at the beginning.
            var (wanted, counted) = (ActorCounts(recorded.ResponseBody), ActorCounts(real.Text));
            if (wanted != counted) yield return $"actors {counted} instead of {wanted}";
        }
        else if (recorded is { Status: 200, Path: "/v1.0/metadata" })
        {
            foreach (var difference in Metadata(recorded.ResponseBody, real.Text)) yield return difference;
        }
        else
        {
            // Apps answer what they answered then, recorded addresses included.
            var (expected, actual) = (stage.Localize(recorded.ResponseBody), stage.Localize(real.Text));

            // State must come back as written, character by character; other JSON only has to mean the same.
            var raw = recorded.Status == 200 && recorded.Path.StartsWith("/v1.0/state/", StringComparison.Ordinal);
            var (left, right) = raw ? (Normal.Text(expected), Normal.Text(actual)) : (Normal.Json(expected), Normal.Json(actual));
            if (left != right) yield return $"body {Short(right)} instead of {Short(left)}";
        }
    }

    public static IEnumerable<string> Calls(IReadOnlyList<RecordedCall> recorded, IReadOnlyList<AppCall> real)
    {
        var open = real.ToList();
        foreach (var call in recorded)
        {
            var candidates = open.Where(other => other.App == call.App && other.Method == call.Method &&
                other.PathAndQuery == call.Path).ToList();
            if (candidates.Count == 0)
            {
                yield return $"{call.App} was not called: {call.Method} {call.Path}";
                continue;
            }

            var same = candidates.FirstOrDefault(other => Body(other.Text) == Body(call.Body)) ?? candidates[0];
            open.Remove(same);
            if (!IsBinary(call) && Body(same.Text) != Body(call.Body))
                yield return $"{call.App} {call.Path} got {Short(Body(same.Text))} instead of {Short(Body(call.Body))}";
            foreach (var difference in Headers(call, same)) yield return difference;
        }

        foreach (var call in open) yield return $"{call.App} was called without need: {call.Method} {call.PathAndQuery}";
    }

    private static IEnumerable<string> Headers(RecordedCall recorded, AppCall real)
    {
        foreach (var (name, value) in recorded.Headers.Where(header => !LibraryHeaders.Contains(header.Key)))
        {
            if (!real.Headers.TryGetValue(name, out var actual)) yield return $"{recorded.App} {recorded.Path} got no header {name}";
            else if (name != "X-Forwarded-Host" && Normal.Text(actual) != Normal.Text(value))
                yield return $"{recorded.App} {recorded.Path} got header {name} '{actual}' instead of '{value}'";
        }

        foreach (var name in real.Headers.Keys.Where(name => !LibraryHeaders.Contains(name) && !recorded.Headers.ContainsKey(name)))
        {
            yield return $"{recorded.App} {recorded.Path} got an unexpected header {name}";
        }
    }

    /// <summary>Components and building blocks differ by nature; what both have must agree.</summary>
    private IEnumerable<string> Metadata(string recorded, string real)
    {
        var (expected, actual) = (JsonNode.Parse(recorded)!.AsObject(), JsonNode.Parse(real)!.AsObject());
        if (expected["appConnectionProperties"]?["port"] is JsonValue port)
            expected["appConnectionProperties"]!["port"] = stage.Localize(port.GetValue<int>());
        foreach (var name in (string[])["id", "runtimeVersion", "extended", "appConnectionProperties", "workflows"])
        {
            if (!JsonNode.DeepEquals(expected[name], actual[name])) yield return $"{name} is {actual[name]} instead of {expected[name]}";
        }

        foreach (var name in (string[])["runtimeStatus", "hostReady", "placement"])
        {
            var (wanted, found) = (expected["actorRuntime"]![name], actual["actorRuntime"]![name]);
            if (!JsonNode.DeepEquals(wanted, found)) yield return $"actorRuntime.{name} is {found} instead of {wanted}";
        }

        var (wantedTypes, foundTypes) = (Named(expected["actorRuntime"]!.AsObject(), "activeActors", "type"), Named(actual["actorRuntime"]!.AsObject(), "activeActors", "type"));
        if (!wantedTypes.OrderBy(type => type.Key).SequenceEqual(foundTypes.OrderBy(type => type.Key))) yield return $"active actors are {actual["actorRuntime"]}";
        var components = Named(actual, "components", "name");
        foreach (var (name, component) in Named(expected, "components", "name").Where(item => components.ContainsKey(item.Key) &&
            item.Key != "pubsub"))
        {
            if (Normal.Json(component) != Normal.Json(components[name]))
                yield return $"component {name} is {components[name]} instead of {component}";
        }

        var subscriptions = Named(actual, "subscriptions", "topic");
        foreach (var (topic, subscription) in Named(expected, "subscriptions", "topic"))
        {
            if (!subscriptions.Remove(topic, out var other)) yield return $"subscription {topic} is missing";
            else if (Normal.Json(subscription) != Normal.Json(other))
                yield return $"subscription {topic} is {other} instead of {subscription}";
        }

        foreach (var topic in subscriptions.Keys) yield return $"subscription {topic} is not recorded";
    }

    /// <summary>Member <c>actors</c> of the metadata, sorted by type.</summary>
    public static string ActorCounts(string metadata)
    {
        const string Start = "\"actors\":";
        var start = metadata.IndexOf(Start, StringComparison.Ordinal) + Start.Length;
        var list = JsonNode.Parse(metadata[start..(metadata.IndexOf(']', start) + 1)])!.AsArray();
        return string.Join(", ", list.Select(item => item!.ToJsonString()).Order(StringComparer.Ordinal));
    }

    private static Dictionary<string, string> Named(JsonObject metadata, string list, string name) =>
        (metadata[list] as JsonArray ?? []).ToDictionary(item => item![name]!.GetValue<string>(), item => item!.ToJsonString());

    private static bool IsBinary(RecordedCall call) => call.Headers.GetValueOrDefault("Content-Type") == "application/octet-stream";

    private static string Body(string text) =>
        text.StartsWith("{\"entries\"", StringComparison.Ordinal) ? Normal.Bulk(text) : Normal.Json(text);

    private static string Short(string text) => text.Length <= 2000 ? text : $"{text[..2000]}... ({text.Length})";
}
