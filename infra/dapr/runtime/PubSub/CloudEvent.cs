using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Agents.LocalRuntime.Http;
using Agents.LocalRuntime.Json;

namespace Agents.LocalRuntime.PubSub;

/// <summary>Builds the CloudEvents 1.0 envelope that daprd puts around a published body. Values are JSON texts.</summary>
internal sealed class CloudEvent
{
    private const string DefaultType = "com.dapr.event.sent";
    private readonly SortedDictionary<string, byte[]> _members = new(StringComparer.Ordinal);

    private CloudEvent()
    {
    }

    /// <summary>A new event around a body of any content type.</summary>
    public static CloudEvent Wrap(ReadOnlySpan<byte> body, string contentType, string source)
    {
        var cloudEvent = new CloudEvent();
        cloudEvent.Set("id", Guid.CreateVersion7().ToString());
        cloudEvent.Set("source", source);
        cloudEvent.Set("specversion", "1.0");
        cloudEvent.Set("type", DefaultType);
        cloudEvent.Set("datacontenttype", contentType);
        var mediaType = MediaType(contentType);
        if (IsBinary(mediaType)) cloudEvent.Set("data_base64", Convert.ToBase64String(body));
        else cloudEvent._members["data"] = IsJson(mediaType) ? JsonOrText(body) : Text(body);
        return cloudEvent;
    }

    /// <summary>The event that a body of type application/cloudevents+json is.</summary>
    /// <exception cref="JsonException">The body is no JSON object.</exception>
    public static CloudEvent Read(ReadOnlySpan<byte> body)
    {
        var cloudEvent = new CloudEvent();
        var reader = new Utf8JsonReader(body, GoJson.ReaderOptions);
        if (!reader.Read()) throw new JsonException("unexpected end of JSON input");
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("json: cannot unmarshal the body into Go value of type map[string]interface {}");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = System.Text.Encoding.UTF8.GetString(GoString.Unescape(reader.ValueSpan, reader.ValueIsEscaped));
            reader.Read();
            var value = new ArrayBufferWriter<byte>();
            GoJson.Write(ref reader, value, exactNumbers: true);
            cloudEvent._members[name] = value.WrittenSpan.ToArray();
        }

        reader.Read();
        cloudEvent.SetIfMissing("source", "Dapr");
        cloudEvent.SetIfMissing("type", DefaultType);
        cloudEvent.SetIfMissing("specversion", "1.0");
        return cloudEvent;
    }

    /// <summary>What a subscriber of raw payloads gets around the bytes of a message.</summary>
    public static byte[] AroundRaw(ReadOnlySpan<byte> data, string pubSubName, string topic)
    {
        var cloudEvent = new CloudEvent();
        cloudEvent.Set("data_base64", Convert.ToBase64String(data));
        cloudEvent.Set("datacontenttype", "application/octet-stream");
        cloudEvent.Set("id", Guid.CreateVersion7().ToString());
        cloudEvent.Set("pubsubname", pubSubName);
        cloudEvent.Set("source", "Dapr");
        cloudEvent.Set("specversion", "1.0");
        cloudEvent.Set("topic", topic);
        cloudEvent.Set("type", DefaultType);
        return cloudEvent.ToJson();
    }

    public static bool IsCloudEventType(string contentType) => MediaType(contentType) == "application/cloudevents+json";

    public static bool IsJson(string mediaType) =>
        mediaType == "application/json" ||
        (mediaType.EndsWith("+json", StringComparison.Ordinal) &&
            !mediaType.StartsWith("application/cloudevents", StringComparison.Ordinal));

    public static bool IsBinary(string mediaType) =>
        mediaType is "application/octet-stream" or "application/x-protobuf" or "application/protobuf";

    public static string MediaType(string contentType)
    {
        var semicolon = contentType.IndexOf(';', StringComparison.Ordinal);
        return (semicolon < 0 ? contentType : contentType[..semicolon]).Trim().ToLowerInvariant();
    }

    /// <summary>Fills in what every published event carries, then the publisher's overrides.</summary>
    public CloudEvent Stamp(string pubSubName, string topic, RequestTrace trace, DateTimeOffset now, IReadOnlyDictionary<string, string> metadata)
    {
        Set("pubsubname", pubSubName);
        Set("topic", topic);
        SetIfMissing("time", Format(now));
        SetIfMissing("traceparent", trace.TraceParent);
        if (!_members.ContainsKey("traceid")) _members["traceid"] = _members["traceparent"];
        SetIfMissing("tracestate", trace.State ?? "");
        foreach (var name in (ReadOnlySpan<string>)["id", "source", "type", "subject", "traceid", "traceparent", "tracestate"])
        {
            if (metadata.TryGetValue("cloudevent." + name, out var value) && value.Length > 0) Set(name, value);
        }

        if (TimeToLive(metadata) is { } span) Set("expiration", Format(now + span));
        return this;
    }

    /// <summary>Members in alphabetical order, as Go writes a map.</summary>
    public byte[] ToJson()
    {
        var output = new ArrayBufferWriter<byte>(256);
        output.Write("{"u8);
        var first = true;
        foreach (var (name, value) in _members)
        {
            if (!first) output.Write(","u8);
            first = false;
            GoString.Write(name, output);
            output.Write(":"u8);
            output.Write(value);
        }

        output.Write("}"u8);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Metadata ttlInSeconds (or ttl, which may be a duration).</summary>
    /// <exception cref="FormatException">The value is no positive time.</exception>
    public static TimeSpan? TimeToLive(IReadOnlyDictionary<string, string> metadata)
    {
        var name = metadata.ContainsKey("ttlInSeconds") ? "ttlInSeconds" : "ttl";
        if (!metadata.TryGetValue(name, out var text) || text.Length == 0) return null;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds > 0)
            return TimeSpan.FromSeconds(seconds);
        if (name == "ttl" && Resources.GoDuration.TryParse(text, out var span) && span > TimeSpan.Zero) return span;
        throw new FormatException($"{name} value must be higher than zero: actual is '{text}'");
    }

    private static string Format(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    private static byte[] JsonOrText(ReadOnlySpan<byte> body)
    {
        try
        {
            return GoJson.Normalize(body, exactNumbers: true);
        }
        catch (JsonException)
        {
            // As daprd: what calls itself JSON and is none travels as a string.
            return Text(body);
        }
    }

    private static byte[] Text(ReadOnlySpan<byte> body)
    {
        var output = new ArrayBufferWriter<byte>(body.Length + 2);
        GoString.Write(body, escaped: false, output);
        return output.WrittenSpan.ToArray();
    }

    private void SetIfMissing(string name, string value)
    {
        if (!_members.ContainsKey(name)) Set(name, value);
    }

    private void Set(string name, string value)
    {
        var output = new ArrayBufferWriter<byte>(value.Length + 2);
        GoString.Write(value, output);
        _members[name] = output.WrittenSpan.ToArray();
    }
}
