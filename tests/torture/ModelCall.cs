using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Agents.Testing;

namespace Agents.Torture;

/// <summary>What a caller got.</summary>
/// <param name="Ended">The answer is complete: a whole document, or a stream with its last frame.</param>
/// <param name="Code">Of the error, in the answer or in the stream; null when there was none.</param>
internal sealed record ModelCall(HttpStatusCode Status, bool Ended, string? Code, bool RetryAfter, string Text)
{
    public static async Task<ModelCall> MakeAsync(ApiClient client, JsonObject question, string? cacheControl, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = JsonContent.Create(question) };
        if (cacheControl is not null)
            request.Headers.TryAddWithoutValidation("Cache-Control", cacheControl);
        using var response = await client.Http.SendAsync(request, cancellationToken);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        var streamed = response.Content.Headers.ContentType?.MediaType == "text/event-stream";
        var last = streamed ? text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).LastOrDefault(frame => !frame.StartsWith(':'))?["data: ".Length..] ?? "" : text;
        var ended = streamed ? last == "[DONE]" : response.StatusCode == HttpStatusCode.OK;
        return new ModelCall(response.StatusCode, ended, ended ? null : CodeOf(last), response.Headers.RetryAfter is not null, text);
    }

    /// <summary>Asks and goes away after the first bytes of the answer.</summary>
    public static async Task AbandonAsync(ApiClient client, JsonObject question, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = JsonContent.Create(question) };
        using var response = await client.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        await body.ReadAtLeastAsync(new byte[16], 16, throwOnEndOfStream: false, cancellationToken);
    }

    public override string ToString() => $"{(int)Status} {Code} {(Ended ? "ended" : "not ended")}: {Text[..Math.Min(200, Text.Length)]}";

    private static string? CodeOf(string json)
    {
        try
        {
            return JsonNode.Parse(json)?["error"]?["code"]?.GetValue<string>();
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
