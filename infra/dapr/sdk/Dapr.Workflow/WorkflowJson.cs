using System.Text.Json;

namespace Dapr.Workflow;

/// <summary>Inputs, outputs, events and status as they travel: JSON, and an empty text for null.</summary>
internal static class WorkflowJson
{
    private static readonly JsonSerializerOptions _options = new(JsonSerializerDefaults.Web) { IncludeFields = true };

    public static string Write(object? value) => value is null ? "" : JsonSerializer.Serialize(value, value.GetType(), _options);

    /// <exception cref="JsonException">The text is no JSON of that type.</exception>
    public static object? Read(string? json, Type type)
    {
        if (!string.IsNullOrEmpty(json)) return JsonSerializer.Deserialize(json, type, _options);
        return type.IsValueType ? Activator.CreateInstance(type) : null;
    }

    /// <exception cref="JsonException">The text is no JSON of that type.</exception>
    public static T Read<T>(string? json) => string.IsNullOrEmpty(json) ? default! : JsonSerializer.Deserialize<T>(json, _options)!;
}
