using System.Text.Json;
using System.Text.RegularExpressions;

namespace Agents.Chart.Tests.Rules;

/// <summary>The part of JSON Schema that the collected schemas use; a keyword it does not know is an error, not a pass.</summary>
internal sealed class SchemaCheck(JsonObject definitions)
{
    private static readonly HashSet<string> Annotations =
        ["$comment", "description", "format", "default", "title", "nullable", "x-scope", "$schema", "enum", "pattern", "minLength", "minItems", "required", "type"];

    /// <param name="path">Where the value is, for messages.</param>
    public IEnumerable<string> Problems(JsonNode? value, JsonObject schema, string path)
    {
        foreach (var (keyword, what) in schema)
        {
            foreach (var problem in Problems(value, schema, keyword, what!, path))
                yield return problem;
        }
    }

    private IEnumerable<string> Problems(JsonNode? value, JsonObject schema, string keyword, JsonNode what, string path) => keyword switch
    {
        "$ref" => Problems(value, Definition(what.GetValue<string>()), path),
        "properties" => value is JsonObject found
            ? found.Where(pair => what[pair.Key] is not null).SelectMany(pair => Problems(pair.Value, (JsonObject)what[pair.Key]!, $"{path}.{pair.Key}"))
            : [],
        "additionalProperties" when what is JsonObject rest => value is JsonObject found
            ? found.Where(pair => schema["properties"]?[pair.Key] is null).SelectMany(pair => Problems(pair.Value, rest, $"{path}.{pair.Key}"))
            : [],
        "additionalProperties" => value is JsonObject found && !what.GetValue<bool>()
            ? found.Where(pair => schema["properties"]?[pair.Key] is null).Select(pair => $"{path} has no field {pair.Key}")
            : [],
        "items" => value is JsonArray list ? list.SelectMany((item, i) => Problems(item, (JsonObject)what, $"{path}[{i}]")) : [],
        "anyOf" or "oneOf" => ((JsonArray)what).Any(one => !Problems(value, (JsonObject)one!, path).Any()) ? [] : [$"{path} fits no form"],
        "allOf" => ((JsonArray)what).SelectMany(one => Problems(value, (JsonObject)one!, path)),
        "not" => Problems(value, (JsonObject)what, path).Any() ? [] : [$"{path} has a form that is excluded"],
        _ when Annotations.Contains(keyword) || keyword.StartsWith("x-kubernetes-", StringComparison.Ordinal) => Value(value, keyword, what, path),
        "minimum" => value is JsonValue number && number.GetValueKind() == JsonValueKind.Number && Real(number) < Real(what) ? [$"{path} is less than {what}"] : [],
        "maximum" => value is JsonValue number && number.GetValueKind() == JsonValueKind.Number && Real(number) > Real(what) ? [$"{path} is more than {what}"] : [],
        "maxLength" => Text(value) is { } text && text.Length > Real(what) ? [$"{path} is too long"] : [],
        "maxItems" => value is JsonArray list && list.Count > Real(what) ? [$"{path} is too long"] : [],
        "minProperties" => value is JsonObject found && found.Count < Real(what) ? [$"{path} is too short"] : [],
        "maxProperties" => value is JsonObject found && found.Count > Real(what) ? [$"{path} is too long"] : [],
        _ => throw new InvalidOperationException($"keyword {keyword} at {path}"),
    };

    private static IEnumerable<string> Value(JsonNode? value, string keyword, JsonNode what, string path) => keyword switch
    {
        "type" => (what is JsonArray any ? any.Select(one => one!.GetValue<string>()) : [what.GetValue<string>()]).Any(type => Is(value, type)) ? [] : [$"{path} is no {what.ToJsonString()}"],
        "enum" => ((JsonArray)what).Any(one => JsonNode.DeepEquals(one, value)) ? [] : [$"{path} is none of {what.ToJsonString()}"],
        "required" => value is JsonObject found ? ((JsonArray)what).Select(name => name!.GetValue<string>()).Where(name => !found.ContainsKey(name)).Select(name => $"{path} lacks {name}") : [],
        "pattern" => Text(value) is { } text && !Regex.IsMatch(text, what.GetValue<string>()) ? [$"{path} does not match {what}"] : [],
        "minLength" => Text(value) is { } text && text.Length < Real(what) ? [$"{path} is too short"] : [],
        "minItems" => value is JsonArray list && list.Count < Real(what) ? [$"{path} is too short"] : [],
        _ => [],
    };

    private static bool Is(JsonNode? value, string type) => (value?.GetValueKind(), type) switch
    {
        (JsonValueKind.Object, "object") or (JsonValueKind.Array, "array") or (JsonValueKind.String, "string") or (JsonValueKind.Number, "number") => true,
        (JsonValueKind.True or JsonValueKind.False, "boolean") => true,
        (JsonValueKind.Number, "integer") => Real(value!) == Math.Truncate(Real(value!)),
        (null, "null") => true,
        _ => false,
    };

    private static double Real(JsonNode number) => double.Parse(number.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture);

    private static string? Text(JsonNode? value) => value?.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    private JsonObject Definition(string reference) => (JsonObject)definitions[reference[(reference.LastIndexOf('/') + 1)..]]!;
}
