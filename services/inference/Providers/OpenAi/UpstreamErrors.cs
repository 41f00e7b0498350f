using System.Net.Sockets;
using System.Text.Json;
using Agents.Defaults.Errors;
using Agents.Inference.Completions;
using Agents.Inference.Resilience;
using Agents.Inference.Routing;

namespace Agents.Inference.Providers.OpenAi;

/// <summary>
/// What a provider's failure means to our caller. Only a refusal of the caller's own request is passed on in the provider's words.
/// </summary>
internal static class UpstreamErrors
{
    private const int MaxBody = 64 * 1024;
    private const int MaxMessage = 2_000;
    private const int MaxCode = 64;

    /// <summary>For an answer that is not a success. The words of a refused credential may quote it, so they stay here.</summary>
    public static async Task<ProviderException> FromAsync(HttpResponseMessage response, TimeProvider time, CancellationToken cancellationToken)
    {
        var wait = RateLimitHeaders.RetryAfter(response.Headers, time);
        return (int)response.StatusCode switch
        {
            400 or 413 or 422 => new ProviderException(Rejected(await ErrorAsync(response, cancellationToken))),
            401 or 403 => NoCredential(),
            404 => Bad(
                "provider_model_not_found", "The provider does not know this model; its upstream name or endpoint is misconfigured.", repeat: Repeat.Elsewhere),
            429 => new ProviderException(RateLimited(wait ?? TimeSpan.FromSeconds(1)), repeat: Repeat.Anywhere),
            408 or 409 or >= 500 => new ProviderException(Failed((int)response.StatusCode, wait), repeat: Repeat.Anywhere),
            var status => Bad("provider_failed", $"The provider answered with status {status}, which means nothing here."),
        };
    }

    /// <summary>For an exception on the way; null for one that is not the provider's doing.</summary>
    public static ProviderException? From(Exception exception, Deadline deadline) => exception switch
    {
        ProviderException or OperationCanceledException when deadline.CallerGone => null,
        ProviderException => null,
        _ when deadline.TimedOut => new ProviderException(TimedOut, inner: exception),
        JsonException => Bad("provider_bad_answer", "The provider's answer is not what it should be.", exception),
        // Nothing else cancels here but the limit on connecting; a reset while a connection opens comes as a bare SocketException.
        OperationCanceledException or HttpRequestException or IOException or SocketException => Unreachable(exception),
        _ => null,
    };

    /// <summary>An error that the provider put into its stream.</summary>
    public static ProviderException InStream() => Bad("provider_failed", "The provider reported a failure in the middle of its answer.");

    public static ProviderException Cut() => Bad("provider_cut", "The provider broke off before the end of its answer.", repeat: Repeat.Anywhere);

    public static ProviderException Empty() => Bad("provider_empty_answer", "The provider's answer was empty.");

    public static ProviderException TooLarge(int maxBytes) =>
        Bad("provider_answer_too_large", $"The provider's answer is longer than {maxBytes} bytes.");

    public static ProviderException NoCredential(Exception? inner = null) =>
        Bad("provider_auth_failed", "The provider does not accept our credential, or there is none; the operator has to mend it.", inner,
            Repeat.Elsewhere);

    private static Problem TimedOut { get; } = new(504, "provider_timeout", "The provider took too long.");

    private static Problem RateLimited(TimeSpan wait) =>
        new(429, "provider_rate_limited", "The provider takes no more requests at the moment.", RetryAfter: wait);

    private static Problem Failed(int status, TimeSpan? wait) =>
        new(502, "provider_failed", $"The provider failed with status {status}.", RetryAfter: wait);

    private static ProviderException Unreachable(Exception inner) =>
        Bad("provider_unreachable", "The provider cannot be reached, or the connection to it broke.", inner, repeat: Repeat.Anywhere);

    private static ProviderException Bad(string code, string detail, Exception? inner = null, Repeat repeat = Repeat.Nowhere) =>
        new(new Problem(502, code, detail), repeat, inner);

    private static Problem Rejected(JsonElement error)
    {
        var code = Text(error, "code") is { Length: > 0 and <= MaxCode } own ? own : "provider_rejected";
        var message = Text(error, "message") is { Length: > 0 } words ? Shorten(words) : "The provider rejected the request.";
        return new Problem(400, code, message, Text(error, "param"));
    }

    private static async Task<JsonElement> ErrorAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxBody];
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var length = await body.ReadAtLeastAsync(buffer, MaxBody, throwOnEndOfStream: false, cancellationToken);
        try
        {
            using var document = StrictJson.Parse(buffer.AsMemory(0, length));
            return document.RootElement.TryGetProperty("error"u8, out var error) ? error.Clone() : default;
        }
        catch (JsonException)
        {
            // Not an error object of OpenAI's kind: the status alone has to do.
            return default;
        }
    }

    private static string? Text(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static string Shorten(string text) => text.Length > MaxMessage ? text[..MaxMessage] : text;
}
