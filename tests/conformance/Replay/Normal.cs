using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Agents.Conformance.Replay;

/// <summary>Makes recorded and real texts comparable: identities, times and traces become words, JSON gets one form.</summary>
internal static partial class Normal
{
    public static string Text(string text)
    {
        text = TraceParent().Replace(text, "TRACEPARENT");
        text = Uuid().Replace(text, "UUID");
        text = Time().Replace(text, "TIME");
        text = Host().Replace(text, "host=HOST");

        // Each JSON parser finds its own words for what it does not like, each sidecar for what it waits for.
        text = ParserMessage().Replace(text, "JSON ERROR");
        return NotReady().Replace(text, "not ready: [WHY]");
    }

    /// <summary>The text with its JSON, if it is some, in one form: members sorted, base64 data that is JSON decoded.</summary>
    public static string Json(string text)
    {
        try
        {
            return Text(Sort(JsonNode.Parse(text))?.ToJsonString() ?? "null");
        }
        catch (JsonException)
        {
            return Text(text);
        }
    }

    /// <summary>A bulk delivery: which entries came in which batch is chance, so entries lose what tells them apart.</summary>
    public static string Bulk(string text)
    {
        var body = JsonNode.Parse(text)!;
        foreach (var entry in body["entries"]!.AsArray())
        {
            entry!["metadata"] ??= new JsonObject();
            if (entry["event"] is JsonValue raw) entry["event"] = Encoding.UTF8.GetString(Convert.FromBase64String(raw.GetValue<string>()));
        }

        return Number().Replace(Json(body.ToJsonString()), "n:N");
    }

    private static JsonNode? Sort(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.OrderBy(member => member.Key, StringComparer.Ordinal).Select(member => KeyValuePair.Create(member.Key, Member(member.Key, member.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Sort)]),
        null => null,
        _ => node.DeepClone(),
    };

    private static JsonNode? Member(string name, JsonNode? value)
    {
        if (name != "data_base64") return Sort(value);
        var bytes = Convert.FromBase64String(value!.GetValue<string>());
        return bytes is [(byte)'{', ..] ? Sort(JsonNode.Parse(bytes)) : value.DeepClone();
    }

    [GeneratedRegex("00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")]
    private static partial Regex TraceParent();

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    public static partial Regex Uuid();

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")]
    private static partial Regex Time();

    [GeneratedRegex("host=[^\";, ]+")]
    private static partial Regex Host();

    [GeneratedRegex(@"(invalid character|json: cannot unmarshal|unexpected end of JSON).*?(?="")")]
    private static partial Regex ParserMessage();

    [GeneratedRegex(@"not ready: \[[^\]]*\]")]
    private static partial Regex NotReady();

    [GeneratedRegex(@"\\?(""|\\u0022)n\\?(""|\\u0022):\d")]
    private static partial Regex Number();
}
