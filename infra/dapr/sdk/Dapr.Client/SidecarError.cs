using System.Text.Json;

namespace Dapr.Client;

/// <summary>Turns what went wrong into the exceptions the official package throws.</summary>
internal static class SidecarError
{
    private const int MaxTextLength = 1024;

    public static DaprException Failed(string operation, Exception cause) =>
        new($"{operation} operation failed: the Dapr endpoint indicated a failure. See InnerException for details.", cause);

    public static async Task<DaprException> FailedAsync(string operation, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var body = await response.Content.ReadAsStringAsync(cancellationToken);
        return Failed(operation, new HttpRequestException($"{(int)response.StatusCode} {Describe(body)}", null, response.StatusCode));
    }

    private static string Describe(string body)
    {
        try
        {
            if (JsonSerializer.Deserialize<Answer>(body, JsonSerializerOptions.Web) is { ErrorCode: { } code } answer)
                return Shorten($"{code}: {answer.Message}");
        }
        catch (JsonException)
        {
            // Some refusals, such as that of a wrong token, are plain text, which is then the best description there is.
        }

        return Shorten(body);
    }

    private static string Shorten(string text) => text.Length <= MaxTextLength ? text : text[..MaxTextLength];

    private sealed record Answer(string? ErrorCode, string? Message);
}
