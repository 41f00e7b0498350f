using System.Globalization;
using System.Text.Json;
using Dapr.Client;

namespace Dapr.Actors.Runtime;

/// <summary>The stored values of one actor, behind the sidecar.</summary>
internal sealed class ActorStateStore(ActorSidecar sidecar, string type, string id, JsonSerializerOptions json, TimeProvider time)
{
    private const string ExpiryHeader = "metadata.ttlExpireTime";

    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Reads one value; null when there is none.</summary>
    public async Task<CachedValue?> LoadAsync<T>(string name, CancellationToken cancellationToken)
    {
        using var response = await sidecar.GetStateAsync(type, id, name, cancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        if (body.Length == 0) return null;

        DateTimeOffset? expires = response.Headers.TryGetValues(ExpiryHeader, out var values)
            ? DateTimeOffset.Parse(values.First(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)
            : null;
        return new CachedValue(JsonSerializer.Deserialize<T>(body, json), typeof(T), PendingChange.None, expires);
    }

    public async Task<bool> ContainsAsync(string name, CancellationToken cancellationToken)
    {
        using var response = await sidecar.GetStateAsync(type, id, name, cancellationToken);
        return (await response.Content.ReadAsByteArrayAsync(cancellationToken)).Length > 0;
    }

    /// <summary>Applies all changes or none.</summary>
    public Task SaveAsync(IEnumerable<KeyValuePair<string, CachedValue>> changes, CancellationToken cancellationToken)
    {
        var now = Now;
        var body = SidecarJson.Write(json, writer =>
        {
            writer.WriteStartArray();
            foreach (var (name, value) in changes) Write(writer, name, value, now);
            writer.WriteEndArray();
        });
        return sidecar.SaveStateAsync(type, id, body, cancellationToken);
    }

    private void Write(Utf8JsonWriter writer, string name, CachedValue value, DateTimeOffset now)
    {
        var isUpsert = value.Change == PendingChange.Upsert;
        writer.WriteStartObject();
        writer.WriteString("operation", isUpsert ? "upsert" : "delete");
        writer.WriteStartObject("request");
        writer.WriteString("key", name);
        if (isUpsert)
        {
            writer.WritePropertyName("value");
            JsonSerializer.Serialize(writer, value.Value, value.Type, json);
            // Whole seconds, rounded up: nothing ends sooner than asked, and zero would mean "never".
            if (value.Expires is { } expires)
                writer.WriteStrings("metadata", [new("ttlInSeconds", SecondsUntil(expires, now).ToString(CultureInfo.InvariantCulture))]);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static long SecondsUntil(DateTimeOffset expires, DateTimeOffset now) => Math.Max(1, (long)Math.Ceiling((expires - now).TotalSeconds));
}
