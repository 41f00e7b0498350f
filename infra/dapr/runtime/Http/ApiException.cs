using System.Text.Json.Nodes;

namespace Agents.LocalRuntime.Http;

/// <summary>A refusal with daprd's status, error code and message; <paramref name="details"/> as in google.rpc.Status.</summary>
internal sealed class ApiException(int status, string code, string message, params JsonObject[] details) : Exception(message)
{
    public int Status => status;

    public string Code => code;

    public IReadOnlyList<JsonObject> Details => details;
}

/// <summary>The kinds of error details that daprd sends.</summary>
internal static class ErrorDetail
{
    private const string Prefix = "type.googleapis.com/google.rpc.";

    public static JsonObject Info(string reason, params ReadOnlySpan<(string Name, string Value)> metadata)
    {
        var map = new JsonObject();
        foreach (var (name, value) in metadata) map[name] = value;
        return new() { ["@type"] = Prefix + "ErrorInfo", ["domain"] = "dapr.io", ["metadata"] = map, ["reason"] = reason };
    }

    /// <summary>Some of daprd's errors carry a null instead of an empty map.</summary>
    public static JsonObject InfoWithoutMetadata(string reason) =>
        new() { ["@type"] = Prefix + "ErrorInfo", ["domain"] = "dapr.io", ["metadata"] = null, ["reason"] = reason };

    public static JsonObject Resource(string type, string name, string description = "") => new()
    {
        ["@type"] = Prefix + "ResourceInfo",
        ["description"] = description,
        ["owner"] = "",
        ["resource_name"] = name,
        ["resource_type"] = type,
    };

    public static JsonObject BadRequest(string? field, string description)
    {
        var violation = new JsonObject();
        if (field is not null) violation["field"] = field;
        violation["description"] = description;
        return new() { ["@type"] = Prefix + "BadRequest", ["field_violations"] = new JsonArray(violation) };
    }
}
