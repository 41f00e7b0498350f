using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Agents.Testing.Requests;

/// <summary>Values that somebody may put where others put good ones: as JSON, in addresses, in headers.</summary>
internal static class HostileValues
{
    public static readonly string[] Json =
    [
        "null", "\"text\"", "\"\"", "\" \"", "0", "-1", "-0", "1.5", "1e999", "-1e-999", "9223372036854775807", "9223372036854775808", "true", "false", "[]", "{}", "[null]", "[[]]",
        "\"\\u0000\"", "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"a\\ud83d\"", "\"\\u202egnp.exe\"", "\"\\ufeff\"", "\"\u0430dmin\"", "\"😀👩‍👩‍👧\"", "\"\\u001b[2J\"", "\"\\r\\nX: y\"",
        "\"../../etc/passwd\"", "\"${jndi:ldap://x}\"", "\"{{7*7}}\"", "\"' OR 1=1 --\"", "\"<script>alert(1)</script>\"", "\"default\"", "\"extractive\"", "\"admin\"",
        "{\"a\":1,\"a\":2}", "{\"\":1}", "{\"\\ud800\":\"x\"}", "{\"type\":\"object\",\"x\":\"\\udfff\"}", "{\"$ref\":\"#\"}", "[1,\"a\",null,{}]", "NaN", "'x'", "01", "+1", ".5", "0x10",
        $"\"{new string('z', 3_000)}\"", $"\"{new string('é', 40_000)}\"", $"[{string.Join(',', Enumerable.Repeat("\"a\"", 200))}]", Nested(20), Nested(40), Nested(2_000),
    ];

    public static readonly string[] Segments =
    [
        "x", "default", "%2e%2e", "..;", "%ff", "%F0%9F%98%80", "a%2Fb", "a%7C%7Cb", "%25%32%65", "%20", "{id}", "ü", "-1", "0", "99999999999999999999",
        "sess_" + new string('0', 32), "turn_" + new string('f', 32), "SESS_" + new string('0', 32), "esc_" + new string('1', 32), "ak_" + new string('1', 32), new string('a', 2_000),
    ];

    public static readonly string[] Query =
    [
        "", "0", "1", "-1", "100", "101", "abc", "1.5", "2147483648", "99999999999999999999", "up", "asc", "desc", "turns", "open", "busy", "a:b", ":", "key:", "%00", "%ff%fe", "%ud800",
        "%F0%9F%98%80", "a&limit=5", "x%0d%0aX:y", "true", "null", "[]", "sess_" + new string('0', 32), new string('q', 3_000),
    ];

    public static readonly (string Name, string Value)[] Headers =
    [
        ("Idempotency-Key", "again"), ("Idempotency-Key", new string('k', 255)), ("Idempotency-Key", new string('k', 256)), ("Idempotency-Key", "  "), ("Idempotency-Key", "a/b||c"),
        ("Last-Event-ID", "-1"), ("Last-Event-ID", "abc"), ("Last-Event-ID", "9223372036854775807"), ("Last-Event-ID", "99999999999999999999"), ("Accept", "text/event-stream"),
        ("Accept", "*/*;q=banana"), ("Accept-Encoding", "br, gzip;q=0"), ("Content-Encoding", "gzip"), ("traceparent", "00-zz-zz-01"), ("traceparent", new string('0', 4_000)),
        ("tracestate", new string('t', 4_000)), ("baggage", "a=b;;=,="), ("x-agents-tenant", "default"), ("x-agents-turn", "turn_x"), ("x-agents-principals", "*"), ("dapr-app-id", "inference"),
        ("dapr-api-token", "guessed"), ("dapr-caller-app-id", "conversation"), ("X-Forwarded-For", "127.0.0.1"), ("X-Forwarded-Host", "evil.test"), ("X-HTTP-Method-Override", "DELETE"),
        ("X-Original-URL", "/internal/hooks/http"), ("Expect", "100-continue"), ("If-Match", "\"x\""), ("Range", "bytes=0-1"), ("Cookie", new string('c', 4_000)), ("Connection", "keep-alive, X-Y"),
        ("Host", "evil.test"), ("Authorization", "Basic eDp5"), ("Authorization", "Bearer"), ("Authorization", "Bearer a b"), ("Authorization", "bearer " + new string('x', 5_000)),
    ];

    public static readonly string[] ContentTypes =
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/json; charset=utf-16", "application/json; charset=nonsense", "application/xml", "json", ""];

    /// <summary>A JSON body as a schema asks for it, more or less.</summary>
    public static string Body(Operation operation, Random random)
    {
        var body = random.Next(20) == 0 ? Json[random.Next(Json.Length)] : Value(operation, operation.Body, random, 0);
        return random.Next(12) == 0 ? Broken(body, random) : body;
    }

    private static string Value(Operation operation, JsonNode? schema, Random random, int depth)
    {
        if (depth > 0 && random.Next(5) == 0)
            return Json[random.Next(Json.Length)];
        var resolved = operation.Resolve(schema);
        if (resolved?["enum"] is JsonArray values)
            return values[random.Next(values.Count)]?.ToJsonString() ?? "null";
        var type = resolved?["type"] is JsonArray types ? types[^1]!.GetValue<string>() : resolved?["type"]?.GetValue<string>();
        return type switch
        {
            "object" when depth < 6 => Object(operation, resolved!, random, depth),
            "array" when depth < 6 => $"[{string.Join(',', Enumerable.Range(0, random.Next(3)).Select(_ => Value(operation, resolved!["items"], random, depth + 1)))}]",
            "integer" => random.Next(-1, 400).ToString(CultureInfo.InvariantCulture),
            "number" => (random.NextDouble() * 2).ToString(CultureInfo.InvariantCulture),
            "boolean" => random.Next(2) == 0 ? "true" : "false",
            "string" => Words[random.Next(Words.Length)],
            _ => Json[random.Next(Json.Length)],
        };
    }

    private static string Object(Operation operation, JsonObject schema, Random random, int depth)
    {
        var members = new List<string>();
        foreach (var (name, property) in schema["properties"] as JsonObject ?? [])
        {
            for (var times = random.Next(20) switch { < 8 => 0, 19 => 2, _ => 1 }; times > 0; times--)
                members.Add($"\"{name}\":{Value(operation, property, random, depth + 1)}");
        }
        if (schema["additionalProperties"] is { } more || random.Next(10) == 0)
            members.Add($"{Words[random.Next(Words.Length)]}:{Value(operation, schema["additionalProperties"], random, depth + 1)}");
        return $"{{{string.Join(',', members)}}}";
    }

    private static string Broken(string body, Random random)
    {
        var text = new StringBuilder(body);
        for (var n = random.Next(1, 4); n > 0 && text.Length > 0; n--)
        {
            var at = random.Next(text.Length);
            if (random.Next(3) == 0)
                text.Length = at;
            else
                text.Insert(at, Stumbles[random.Next(Stumbles.Length)]);
        }
        return text.ToString();
    }

    private static string Nested(int depth) => string.Concat(Enumerable.Repeat("{\"a\":[", depth)) + "1" + string.Concat(Enumerable.Repeat("]}", depth));

    private const string Stumbles = "{}[]\",:\\\0e-\uFEFF\u2028";

    private static readonly string[] Words =
        ["\"hello\"", "\"What is it?\"", "\"sessions\"", "\"admin\"", "\"x\"", "\"extractive\"", "\"default\"", "\"POST\"", "\"agent_00000000000000000000000000000000\"", "\"http://127.0.0.1:1/\"", "\"example.com\"", "\"2026-01-01T00:00:00Z\""];
}
