using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Agents.Conformance.Replay;

/// <summary>One recorded exchange: a request to a sidecar, its answer, and what the sidecars called on the apps meanwhile.</summary>
internal sealed record TranscriptCase(
    string Id, string? Sidecar, string Method, string Path, IReadOnlyDictionary<string, string> Headers, byte[]? Body,
    int? Status, IReadOnlyList<(string Name, string Value)> ResponseHeaders, string ResponseBody, bool ResponseIsBase64,
    IReadOnlyList<RecordedCall> Calls);

/// <summary>A request that a sidecar made to an app, and what the app replied. Status 0: it broke the connection; null: no reply was seen.</summary>
internal sealed record RecordedCall(
    string App, string Method, string Path, IReadOnlyDictionary<string, string> Headers, string Body,
    int? ReplyStatus, IReadOnlyDictionary<string, string> ReplyHeaders, string ReplyBody);

/// <summary>Reads the recorded files.</summary>
internal static partial class Transcript
{
    public static IReadOnlyList<string> Files { get; } =
    [
        "actors", "pubsub-delivery", "lifecycle", "actors-concurrency", "state-sqlite", "state-in-memory", "pubsub-publish", "pubsub-in-memory", "invocation", "secrets",
        "health-metadata", "workflow-http", "workflow-http-worker",
    ];

    public static IReadOnlyList<TranscriptCase> Load(string file)
    {
        var cases = new List<TranscriptCase>();
        foreach (var line in Lines(file))
        {
            using var document = JsonDocument.Parse(line);
            cases.Add(ReadCase(document.RootElement));
        }

        return cases;
    }

    /// <summary>The JSON of each case.</summary>
    public static IEnumerable<string> Lines(string file)
    {
        using var stream = typeof(Transcript).Assembly.GetManifestResourceStream($"transcripts/{file}")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0) yield return line;
        }
    }

    /// <summary>The recorder cut long bodies to <c>beginning...(N chars)</c>; they were runs of x.</summary>
    public static string Expand(string body)
    {
        var match = Cut().Match(body);
        if (!match.Success) return body;
        var end = body.StartsWith('[') ? "\"}]" : "";
        var length = int.Parse(match.Groups[2].Value, System.Globalization.CultureInfo.InvariantCulture);
        return match.Groups[1].Value + new string('x', length - match.Groups[1].Length - end.Length) + end;
    }

    private static TranscriptCase ReadCase(JsonElement root)
    {
        var request = Member(root, "request");
        var response = Member(root, "response");
        var headers = Headers(request);
        return new(
            Text(root, "id"), root.TryGetProperty("sidecar", out var sidecar) ? sidecar.GetString() : null,
            Text(request, "method"), Text(request, "path"), headers, Body(request, headers),
            Member(response, "status") is { ValueKind: JsonValueKind.Number } status ? status.GetInt32() : null,
            [.. Items(response, "headers").Select(pair => (pair[0].GetString()!, pair[1].GetString()!))],
            Expand(Text(response, "body")), Text(response, "bodyEncoding") == "base64",
            [.. Items(root, "app").Where(call => Member(call, "path") is not null).Select(ReadCall)]);
    }

    private static RecordedCall ReadCall(JsonElement call)
    {
        var reply = Member(call, "reply");
        return new(
            Text(call, "app"), Text(call, "method"), Text(call, "path"),
            Items(call, "headers").GroupBy(pair => pair[0].GetString()!, StringComparer.OrdinalIgnoreCase)
                .ToDictionary(group => group.Key, group => string.Join(", ", group.Select(pair => pair[1].GetString())), StringComparer.OrdinalIgnoreCase),
            Text(call, "body"),
            Member(reply, "status") is { ValueKind: JsonValueKind.Number } status ? status.GetInt32() : null,
            Headers(reply), Text(reply, "body"));
    }

    private static Dictionary<string, string> Headers(JsonElement? holder) =>
        Member(holder, "headers") is not { ValueKind: JsonValueKind.Object } map ? []
            : map.EnumerateObject().ToDictionary(header => header.Name, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);

    private static byte[]? Body(JsonElement? request, Dictionary<string, string> headers)
    {
        if (Member(request, "body") is not { ValueKind: JsonValueKind.String } body) return null;
        return headers.GetValueOrDefault("content-type") == "application/octet-stream"
            ? Convert.FromBase64String(body.GetString()!)
            : Encoding.UTF8.GetBytes(Expand(body.GetString()!));
    }

    private static JsonElement? Member(JsonElement? holder, string name) =>
        holder is { ValueKind: JsonValueKind.Object } map && map.TryGetProperty(name, out var value) &&
            value.ValueKind != JsonValueKind.Null ? value : null;

    private static List<JsonElement> Items(JsonElement? holder, string name) =>
        Member(holder, name) is { ValueKind: JsonValueKind.Array } array ? [.. array.EnumerateArray()] : [];

    private static string Text(JsonElement? holder, string name) =>
        Member(holder, name) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : "";

    [GeneratedRegex(@"^(.*)\.\.\.\((\d+) chars\)$", RegexOptions.Singleline)]
    private static partial Regex Cut();
}
