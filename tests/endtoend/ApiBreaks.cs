using System.Text.Json.Nodes;

namespace Agents.EndToEnd.Tests;

/// <summary>What a client of the older API would trip over in the newer one.</summary>
internal static class ApiBreaks
{
    public static IReadOnlyList<string> Between(JsonNode older, JsonNode newer)
    {
        var breaks = new List<string>();
        foreach (var (path, methods) in Object(older["paths"]))
        {
            foreach (var (method, operation) in Object(methods))
            {
                if (newer["paths"]?[path]?[method] is not { } now)
                    breaks.Add($"{method} {path} is gone");
                else
                    Operation($"{method} {path}", operation!, now, breaks);
            }
        }
        var sent = Sent(newer);
        foreach (var (name, schema) in Object(older["components"]?["schemas"]))
        {
            if (newer["components"]?["schemas"]?[name] is not { } now)
                breaks.Add($"schema {name} is gone");
            else
                Schema(name, schema!, now, sent.Contains(name), breaks);
        }
        return breaks;
    }

    private static void Operation(string name, JsonNode older, JsonNode newer, List<string> breaks)
    {
        foreach (var (status, _) in Object(older["responses"]))
        {
            if (newer["responses"]?[status] is null)
                breaks.Add($"{name} no longer answers {status}");
        }
        foreach (var parameter in Required(newer).Except(Required(older)))
            breaks.Add($"{name} now requires the parameter {parameter}");

        static IEnumerable<string> Required(JsonNode operation) => (operation["parameters"] as JsonArray ?? [])
            .Where(parameter => parameter?["required"]?.GetValue<bool>() == true)
            .Select(parameter => parameter!["name"]!.GetValue<string>());
    }

    private static void Schema(string name, JsonNode older, JsonNode newer, bool isSent, List<string> breaks)
    {
        foreach (var (property, schema) in Object(older["properties"]))
        {
            if (newer["properties"]?[property] is not { } now)
                breaks.Add($"{name}.{property} is gone");
            else if (schema?["type"]?.ToJsonString() != now["type"]?.ToJsonString() || schema?["$ref"]?.ToJsonString() != now["$ref"]?.ToJsonString())
                breaks.Add($"{name}.{property} changed its type");
        }
        // What an answer has in addition disturbs nobody.
        foreach (var property in isSent ? Names(newer).Except(Names(older)) : [])
            breaks.Add($"{name}.{property} is now required");

        static IEnumerable<string> Names(JsonNode schema) => (schema["required"] as JsonArray ?? []).Select(property => property!.GetValue<string>());
    }

    /// <summary>The schemas that clients send, directly or within others.</summary>
    private static HashSet<string> Sent(JsonNode api)
    {
        var names = new HashSet<string>();
        foreach (var operation in Object(api["paths"]).SelectMany(path => Object(path.Value)))
            Collect(operation.Value?["requestBody"]);
        return names;

        void Collect(JsonNode? node)
        {
            var inner = node is JsonArray items ? items : Object(node).Select(property => property.Value);
            foreach (var child in inner)
                Collect(child);
            if (node?.GetValueKind() == System.Text.Json.JsonValueKind.Object && node["$ref"]?.GetValue<string>().Split('/')[^1] is { } name && names.Add(name))
                Collect(api["components"]?["schemas"]?[name]);
        }
    }

    private static JsonObject Object(JsonNode? node) => node as JsonObject ?? [];
}
