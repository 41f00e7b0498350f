using System.Text.Json.Nodes;

namespace Agents.Inference.Calls;

/// <summary>The tokens of one call.</summary>
/// <param name="Cached">The part of <paramref name="Input"/> that the provider had cached.</param>
/// <param name="Estimated">The provider gave no usable count, so the numbers are <see cref="TokensIn"/> of the texts.</param>
internal sealed record Usage(int Input, int Output, int Cached, bool Estimated)
{
    /// <summary>No model reads or writes more at once; a larger count is a mistake.</summary>
    public const int MaxTokens = 4_000_000;

    private const int BytesPerToken = 4;

    public static Usage None { get; } = new(0, 0, 0, Estimated: false);

    /// <summary>
    /// The usual rule of thumb: a token is four bytes of UTF-8, rounded up. Right within a third or so for English prose, high for
    /// other scripts; used where nobody counted.
    /// </summary>
    public static int TokensIn(long bytes) => (int)Math.Min(MaxTokens, (bytes + BytesPerToken - 1) / BytesPerToken);

    /// <summary>
    /// The provider's own count, or null when it is missing or cannot be true: negative, absurdly large, or an unread prompt.
    /// </summary>
    /// <param name="generates">Whether the call writes text; one that does not has no <c>completion_tokens</c>.</param>
    public static Usage? From(JsonObject? reported, bool generates = true)
    {
        var written = generates ? Count(reported, "completion_tokens") : 0;
        if (Count(reported, "prompt_tokens") is not ({ } input and > 0) || written is not { } output)
            return null;
        var cached = Count(reported!["prompt_tokens_details"] as JsonObject, "cached_tokens") ?? 0;
        return new Usage(input, output, Math.Min(cached, input), Estimated: false);
    }

    /// <summary>
    /// Usage as the caller sees it: the provider's object, or an estimate marked as such, with the cost in micro-units as our own
    /// field.
    /// </summary>
    public JsonObject ToJson(JsonObject? reported, long costMicros)
    {
        var json = !Estimated && reported is not null ? (JsonObject)reported.DeepClone() : new JsonObject
        {
            ["prompt_tokens"] = Input,
            ["completion_tokens"] = Output,
            ["total_tokens"] = Input + Output,
        };
        if (Estimated)
            json["estimated"] = true;
        json["cost_micros"] = costMicros.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return json;
    }

    private static int? Count(JsonObject? parent, string name) =>
        parent?[name] is JsonValue value && value.TryGetValue<int>(out var count) && count is >= 0 and <= MaxTokens ? count : null;
}
