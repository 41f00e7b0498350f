using System.Buffers;
using System.Text.Json;

namespace Agents.LocalRuntime.PubSub;

/// <summary>A message in a bulk delivery; <paramref name="Index"/> is its place in the batch.</summary>
internal sealed record BulkEntry(int Index, string Id, Delivery Delivery)
{
    /// <summary>The body of a bulk delivery.</summary>
    public static byte[] Envelope(IReadOnlyList<BulkEntry> entries, Subscription subscription)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(output);
        json.WriteStartObject();
        json.WriteStartArray("entries");
        foreach (var entry in entries)
        {
            json.WriteStartObject();
            json.WriteString("entryId", entry.Id);
            if (entry.Delivery.Event is null) json.WriteBase64String("event", entry.Delivery.Body);
            else
            {
                // The bytes are valid JSON already: they were parsed to find the route.
                json.WritePropertyName("event");
                json.WriteRawValue(entry.Delivery.Body, skipInputValidation: true);
            }

            json.WriteStartObject("metadata");
            foreach (var (name, value) in entry.Delivery.Message.Metadata) json.WriteString(name, value);
            json.WriteEndObject();
            json.WriteString("contentType", entry.Delivery.Event is null ? "application/octet-stream" : "application/cloudevents+json");
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("id", Guid.CreateVersion7().ToString());
        json.WriteStartObject("metadata");
        json.WriteString("pubsubName", subscription.PubSubName);
        json.WriteEndObject();
        json.WriteString("pubsubname", subscription.PubSubName);
        json.WriteString("topic", subscription.Topic);
        json.WriteString("type", "com.dapr.event.sent.bulk");
        json.WriteEndObject();
        json.Flush();
        return output.WrittenSpan.ToArray();
    }
}

/// <summary>What an app's answer to a bulk delivery means for each entry.</summary>
internal sealed record BulkAnswer(Verdict Otherwise, int Status, IReadOnlyDictionary<string, Verdict> Verdicts)
{
    private static readonly Dictionary<string, Verdict> None = [];

    public static readonly BulkAnswer Unreachable = new(Verdict.Unreachable, 0, None);

    public static readonly BulkAnswer Broken = new(Verdict.Failed, 500, None);

    /// <summary>An entry the app did not name is to be sent again.</summary>
    public Verdict VerdictOf(string id) => Verdicts.TryGetValue(id, out var verdict) ? verdict : Otherwise;

    public static async Task<BulkAnswer> ReadAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        var status = (int)response.StatusCode;
        if (status == StatusCodes.Status404NotFound) return new(Verdict.Dropped, status, None);
        if (status is < 200 or > 299) return new(Verdict.Failed, status, None);
        var verdicts = new Dictionary<string, Verdict>();
        try
        {
            using var document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancel));
            foreach (var item in document.RootElement.GetProperty("statuses").EnumerateArray())
            {
                var verdict = item.GetProperty("status").GetString() switch
                {
                    "SUCCESS" => Verdict.Done,
                    "DROP" => Verdict.Dropped,
                    _ => Verdict.Failed,
                };
                verdicts[item.GetProperty("entryId").GetString() ?? ""] = verdict;
            }
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // An answer of another shape tells nothing about any entry: all of them failed.
            verdicts.Clear();
        }

        return new(Verdict.Failed, status, verdicts);
    }
}
