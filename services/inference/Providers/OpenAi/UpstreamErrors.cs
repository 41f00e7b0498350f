using System.ClientModel;
using System.ClientModel.Primitives;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Agents.Defaults.Errors;
using Agents.Inference.Completions;
using Azure.Identity;

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
    public static async Task<ProviderException> FromAsync(PipelineResponse response, TimeProvider time, CancellationToken cancellationToken)
    {
        var wait = RetryAfter(response.Headers, time);
        return response.Status switch
        {
            400 or 413 or 422 => new ProviderException(Rejected(await ErrorAsync(response, cancellationToken))),
            401 or 403 => NoCredential(),
            404 => Bad(
                "provider_model_not_found", "The provider does not know this model; its upstream name or endpoint is misconfigured."),
            429 => new ProviderException(RateLimited(wait ?? TimeSpan.FromSeconds(1)), transient: true),
            408 or 409 or >= 500 => new ProviderException(Failed(response.Status, wait), transient: true),
            var status => Bad("provider_failed", $"The provider answered with status {status}, which means nothing here."),
        };
    }

    /// <summary>For an exception on the way; null for one that is not the provider's doing.</summary>
    public static ProviderException? From(Exception exception, Watchdog watchdog) => exception switch
    {
        ProviderException or OperationCanceledException when watchdog.CallerGone => null,
        ProviderException => null,
        _ when watchdog.TimedOut => new ProviderException(TimedOut, inner: exception),
        JsonException => Bad("provider_bad_answer", "The provider's answer is not what it should be.", exception),
        AuthenticationFailedException => NoCredential(exception),
        // Nothing else cancels here but the limit on connecting.
        OperationCanceledException or HttpRequestException or IOException or ClientResultException => Unreachable(exception),
        _ => null,
    };

    /// <summary>An error that the provider put into its stream.</summary>
    public static ProviderException InStream() => Bad("provider_failed", "The provider reported a failure in the middle of its answer.");

    public static ProviderException Cut() => Bad("provider_cut", "The provider broke off before the end of its answer.", transient: true);

    public static ProviderException Empty() => Bad("provider_empty_answer", "The provider's answer was empty.");

    public static ProviderException TooLarge(int maxBytes) =>
        Bad("provider_answer_too_large", $"The provider's answer is longer than {maxBytes} bytes.");

    public static ProviderException NoCredential(Exception? inner = null) =>
        Bad("provider_auth_failed", "The provider does not accept our credential, or there is none; the operator has to mend it.", inner);

    private static Problem TimedOut { get; } = new(504, "provider_timeout", "The provider took too long.");

    private static Problem RateLimited(TimeSpan wait) =>
        new(429, "provider_rate_limited", "The provider takes no more requests at the moment.", RetryAfter: wait);

    private static Problem Failed(int status, TimeSpan? wait) =>
        new(502, "provider_failed", $"The provider failed with status {status}.", RetryAfter: wait);

    private static ProviderException Unreachable(Exception inner) =>
        Bad("provider_unreachable", "The provider cannot be reached, or the connection to it broke.", inner, transient: true);

    private static ProviderException Bad(string code, string detail, Exception? inner = null, bool transient = false) =>
        new(new Problem(502, code, detail), transient, inner);

    private static Problem Rejected(JsonObject? error)
    {
        var code = Text(error, "code") is { Length: > 0 and <= MaxCode } own ? own : "provider_rejected";
        var message = Text(error, "message") is { Length: > 0 } words ? Shorten(words) : "The provider rejected the request.";
        return new Problem(400, code, message, Text(error, "param"));
    }

    private static async Task<JsonObject?> ErrorAsync(PipelineResponse response, CancellationToken cancellationToken)
    {
        if (response.ContentStream is null)
            return null;
        var buffer = new byte[MaxBody];
        var length = await response.ContentStream.ReadAtLeastAsync(buffer, MaxBody, throwOnEndOfStream: false, cancellationToken);
        try
        {
            return StrictJson.Parse(buffer.AsSpan(0, length))["error"] as JsonObject;
        }
        catch (JsonException)
        {
            // Not an error object of OpenAI's kind: the status alone has to do.
            return null;
        }
    }

    private static TimeSpan? RetryAfter(PipelineResponseHeaders headers, TimeProvider time)
    {
        if (headers.TryGetValue("retry-after-ms", out var text) && WholeNumber(text) is { } milliseconds)
            return TimeSpan.FromMilliseconds(milliseconds);
        if (!headers.TryGetValue("retry-after", out text))
            return null;
        if (WholeNumber(text) is { } seconds)
            return TimeSpan.FromSeconds(seconds);
        var now = time.GetUtcNow();
        var dated = DateTimeOffset.TryParseExact(text, "R", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date);
        return dated && date > now ? date - now : null;
    }

    private static int? WholeNumber(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string? Text(JsonObject? parent, string name) =>
        parent?[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static string Shorten(string text) => text.Length > MaxMessage ? text[..MaxMessage] : text;
}
