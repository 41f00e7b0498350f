using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Agents.Inference.Calls;

/// <summary>The tokens of one call.</summary>
/// <param name="Cached">The part of <paramref name="Input"/> that the provider had cached.</param>
/// <param name="Estimated">The provider gave no usable count, so the numbers are <see cref="TokensIn"/> of the texts.</param>
internal sealed record Usage(int Input, int Output, int Cached, bool Estimated)
{
    /// <summary>No model reads or writes more at once; a larger count is a mistake.</summary>
    public const int MaxTokens = 4_000_000;

    private const int BytesPerToken = 4;

    // Written member by member from valid JSON.
    private static readonly JsonWriterOptions Raw = new() { SkipValidation = true };

    public static Usage None { get; } = new(0, 0, 0, Estimated: false);

    /// <summary>
    /// The usual rule of thumb: a token is four bytes of UTF-8, rounded up. Right within a third or so for English prose, high for
    /// other scripts; used where nobody counted.
    /// </summary>
    public static int TokensIn(long bytes) => (int)Math.Min(MaxTokens, (bytes + BytesPerToken - 1) / BytesPerToken);

    /// <summary>
    /// The provider's own count, or null when it is missing or cannot be true: negative, absurdly large, or an unread prompt.
    /// </summary>
    /// <param name="reported">JSON of the provider's <c>usage</c>.</param>
    /// <param name="generates">Whether the call writes text; one that does not has no <c>completion_tokens</c>.</param>
    public static Usage? From(ReadOnlyMemory<byte>? reported, bool generates = true)
    {
        if (reported is not { IsEmpty: false } json)
            return null;
        int? input = null, output = null, cached = null;
        var reader = new Utf8JsonReader(json.Span);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
                continue;
            if (reader.CurrentDepth == 1 && reader.ValueTextEquals("prompt_tokens"u8))
                input = Count(ref reader);
            else if (reader.CurrentDepth == 1 && reader.ValueTextEquals("completion_tokens"u8))
                output = Count(ref reader);
            else if (reader.CurrentDepth == 2 && reader.ValueTextEquals("cached_tokens"u8))
                cached = Count(ref reader);
        }
        output = generates ? output : 0;
        return input is not > 0 || output is null ? null : new Usage(input.Value, output.Value, Math.Min(cached ?? 0, input.Value), Estimated: false);
    }

    /// <summary>
    /// Usage as the caller sees it: the provider's object, or an estimate marked as such, with the cost in micro-units as our own
    /// field.
    /// </summary>
    public ReadOnlyMemory<byte> ToJson(ReadOnlyMemory<byte>? reported, long costMicros, bool generates = true)
    {
        var output = new ArrayBufferWriter<byte>((reported?.Length ?? 0) + 128);
        using var writer = new Utf8JsonWriter(output, Raw);
        writer.WriteStartObject();
        if (!Estimated && reported is { } json)
            WriteReported(writer, json);
        else
        {
            writer.WriteNumber("prompt_tokens"u8, Input);
            if (generates)
                writer.WriteNumber("completion_tokens"u8, Output);
            writer.WriteNumber("total_tokens"u8, Input + Output);
        }
        if (Estimated)
            writer.WriteBoolean("estimated"u8, true);
        writer.WriteString("cost_micros"u8, costMicros.ToString(CultureInfo.InvariantCulture));
        writer.WriteEndObject();
        writer.Flush();
        return output.WrittenMemory;
    }

    // A provider may be a gateway of our own kind: its cost is not ours.
    private static void WriteReported(Utf8JsonWriter writer, ReadOnlyMemory<byte> reported)
    {
        using var document = JsonDocument.Parse(reported);
        foreach (var member in document.RootElement.EnumerateObject())
        {
            if (!member.NameEquals("cost_micros"u8) && !member.NameEquals("estimated"u8))
                member.WriteTo(writer);
        }
    }

    private static int? Count(ref Utf8JsonReader reader) =>
        reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var count) && count is >= 0 and <= MaxTokens ? count : null;
}
