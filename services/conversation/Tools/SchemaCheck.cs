using System.Text.Json;
using System.Text.Json.Nodes;

namespace Agents.Conversation.Tools;

/// <summary>
/// Checks arguments against the part of JSON Schema that tools are described with: type, properties, required, additionalProperties,
/// items, enum, const, minimum, maximum, minLength, maxLength, minItems, maxItems. What a schema says beyond that is not checked here.
/// </summary>
internal static class SchemaCheck
{
    private const int MaxDepth = 16;

    /// <summary>The first thing that does not fit, in words for a model; null when all does.</summary>
    public static string? Fault(JsonNode schema, JsonElement value, string at = "$", int depth = 0)
    {
        if (schema is not JsonObject rules || depth > MaxDepth)
            return depth > MaxDepth ? $"{at} is nested too deeply." : null;
        var types = Types(rules["type"]);
        if (types.Count > 0 && !types.Any(name => Is(name, value)))
            return $"{at} must be of type {string.Join(" or ", types)}.";
        if (rules["enum"] is JsonArray choices && !choices.Any(choice => Same(choice, value)))
            return $"{at} must be one of {choices.ToJsonString()}.";
        if (rules.ContainsKey("const") && !Same(rules["const"], value))
            return $"{at} must be {rules["const"]?.ToJsonString() ?? "null"}.";
        return value.ValueKind switch
        {
            JsonValueKind.Object => OfObject(rules, value, at, depth),
            JsonValueKind.Array => OfArray(rules, value, at, depth),
            JsonValueKind.String => Range(rules, "Length", value.GetString()!.Length, at, "characters"),
            JsonValueKind.Number when Number(rules["minimum"]) > value.GetDouble() => $"{at} must be at least {rules["minimum"]!.ToJsonString()}.",
            JsonValueKind.Number when Number(rules["maximum"]) < value.GetDouble() => $"{at} must be at most {rules["maximum"]!.ToJsonString()}.",
            _ => null,
        };
    }

    private static string? OfObject(JsonObject rules, JsonElement value, string at, int depth)
    {
        foreach (var name in (rules["required"] as JsonArray ?? []).Select(Name).OfType<string>())
        {
            if (!value.TryGetProperty(name, out _))
                return $"{at} lacks '{name}'.";
        }
        var properties = rules["properties"] as JsonObject;
        foreach (var property in value.EnumerateObject())
        {
            var known = properties?[property.Name];
            if (known is null && rules["additionalProperties"] is JsonValue allowed && allowed.TryGetValue<bool>(out var any) && !any)
                return $"{at} must not have '{property.Name}'.";
            if ((known ?? rules["additionalProperties"] as JsonObject) is { } inner && Fault(inner, property.Value, $"{at}.{property.Name}", depth + 1) is { } fault)
                return fault;
        }
        return null;
    }

    private static string? OfArray(JsonObject rules, JsonElement value, string at, int depth)
    {
        if (Range(rules, "Items", value.GetArrayLength(), at, "items") is { } range)
            return range;
        return rules["items"] is { } items
            ? value.EnumerateArray().Select((item, index) => Fault(items, item, $"{at}[{index}]", depth + 1)).FirstOrDefault(fault => fault is not null)
            : null;
    }

    private static string? Range(JsonObject rules, string what, int size, string at, string unit) =>
        Number(rules[$"min{what}"]) > size ? $"{at} must have at least {rules[$"min{what}"]!.ToJsonString()} {unit}."
        : Number(rules[$"max{what}"]) < size ? $"{at} must have at most {rules[$"max{what}"]!.ToJsonString()} {unit}."
        : null;

    private static List<string> Types(JsonNode? type) =>
        type is JsonArray several ? [.. several.Select(Name).OfType<string>()] : Name(type) is { } one ? [one] : [];

    // Schemas come from the agent's owner or from a server: a part that is no schema says nothing.
    private static string? Name(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var name) ? name : null;

    private static bool Is(string type, JsonElement value) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var number) && decimal.Truncate(number) == number,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        _ => true,
    };

    private static bool Same(JsonNode? expected, JsonElement value) => JsonNode.DeepEquals(expected, JsonNode.Parse(value.GetRawText()));

    private static double? Number(JsonNode? node) => node is JsonValue value && value.TryGetValue<double>(out var number) ? number : null;
}
