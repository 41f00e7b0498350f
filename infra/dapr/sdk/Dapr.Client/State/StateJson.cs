using System.Text.Json;

namespace Dapr.Client;

/// <summary>Writes the parts of state bodies.</summary>
internal static class StateJson
{
    public static void WriteItem<TValue>(this Utf8JsonWriter json, SaveStateItem<TValue> item, JsonSerializerOptions options)
    {
        json.WriteStartObject();
        json.WriteString("key", item.Key);
        json.WritePropertyName("value");
        JsonSerializer.Serialize(json, item.Value, options);
        json.WriteConditions(item.ETag, item.Metadata, item.StateOptions);
        json.WriteEndObject();
    }

    public static void WriteOperation(this Utf8JsonWriter json, StateTransactionRequest operation)
    {
        json.WriteStartObject();
        json.WriteString("operation", operation.OperationType switch
        {
            StateOperationType.Upsert => "upsert",
            StateOperationType.Delete => "delete",
            _ => throw new ArgumentException($"The operation on '{operation.Key}' is neither an upsert nor a delete."),
        });
        json.WriteStartObject("request");
        json.WriteString("key", operation.Key);
        if (operation.Value is { } value) json.WriteValue(operation.Key, value);
        json.WriteConditions(operation.ETag, operation.Metadata, operation.Options);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>The options as the API names them, in its query strings and bodies alike.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Named(StateOptions? options)
    {
        if (options?.Concurrency is { } concurrency)
            yield return new("concurrency", concurrency == ConcurrencyMode.FirstWrite ? "first-write" : "last-write");
        if (options?.Consistency is { } consistency)
            yield return new("consistency", consistency == ConsistencyMode.Strong ? "strong" : "eventual");
    }

    private static void WriteConditions(
        this Utf8JsonWriter json, string? etag, IReadOnlyDictionary<string, string>? metadata, StateOptions? options)
    {
        if (etag is not null) json.WriteString("etag", etag);
        if (metadata is not null) json.WriteStrings("metadata", metadata);
        if (options is not null) json.WriteStrings("options", Named(options));
    }

    private static void WriteValue(this Utf8JsonWriter json, string key, byte[] value)
    {
        json.WritePropertyName("value");
        try
        {
            json.WriteRawValue(value);
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            throw new ArgumentException($"The value of '{key}' is not JSON, and the HTTP API takes nothing else.", error);
        }
    }
}
