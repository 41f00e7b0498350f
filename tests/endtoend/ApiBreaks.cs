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
        foreach (var (name, schema) in Object(older["components"]?["schemas"]))
        {
            if (newer["components"]?["schemas"]?[name] is not { } now)
                breaks.Add($"schema {name} is gone");
            else
                Schema(name, schema!, now, breaks);
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

    private static void Schema(string name, JsonNode older, JsonNode newer, List<string> breaks)
    {
        foreach (var (property, schema) in Object(older["properties"]))
        {
            if (newer["properties"]?[property] is not { } now)
                breaks.Add($"{name}.{property} is gone");
            else if (schema?["type"]?.ToJsonString() != now["type"]?.ToJsonString() || schema?["$ref"]?.ToJsonString() != now["$ref"]?.ToJsonString())
                breaks.Add($"{name}.{property} changed its type");
        }
        foreach (var property in Names(newer).Except(Names(older)))
            breaks.Add($"{name}.{property} is now required");

        static IEnumerable<string> Names(JsonNode schema) => (schema["required"] as JsonArray ?? []).Select(property => property!.GetValue<string>());
    }

    private static JsonObject Object(JsonNode? node) => node as JsonObject ?? [];
}
