using System.Globalization;
using System.Net;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Agents.Conversation.Turns;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Identity;

namespace Agents.Conversation.Models;

/// <summary>Calls inference and reads its stream. Retries and fallbacks between models are inference's.</summary>
internal sealed class ModelClient(HttpClient inference)
{
    private const int MaxAnswerCharacters = 200_000;

    /// <param name="context">What it is done for, and who pays for it.</param>
    /// <param name="tools">Functions as OpenAI describes them; null for none.</param>
    /// <exception cref="ModelLostException">The gateway is away or went away.</exception>
    /// <exception cref="ProblemException">The model refuses, or breaks off.</exception>
    public async IAsyncEnumerable<ModelPiece> StreamAsync(
        string tenant, CallContext context, string model, JsonArray messages, JsonArray? tools, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var response = await SendAsync(tenant, context, model, messages, tools, cancellationToken);
        var callId = response.Headers.TryGetValues("x-agents-call-id", out var values) ? values.First() : "";
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var characters = 0;
        var done = false;
        var calls = new ToolCallReader();
        await foreach (var frame in ReadAsync(body, cancellationToken))
        {
            done = frame.Data == "[DONE]";
            if (done)
                break;
            var piece = Parse(frame.Data, callId, calls);
            characters += piece.Text?.Length ?? 0;
            if (characters + calls.Characters > MaxAnswerCharacters)
                throw new ProblemException(new Problem(502, "answer_too_long", $"The model's answer exceeds {MaxAnswerCharacters} characters."));
            if (piece.Text is { Length: > 0 } || piece.Usage is not null)
                yield return piece;
        }
        if (!done)
            throw new ModelLostException(null);
        if (calls.Complete() is { Count: > 0 } complete)
            yield return new ModelPiece(null, complete, null, callId);
    }

    private async Task<HttpResponseMessage> SendAsync(
        string tenant, CallContext context, string model, JsonArray messages, JsonArray? tools, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions").For(tenant, context);
        var body = new JsonObject
        {
            ["model"] = model,
            ["messages"] = messages.DeepClone(),
            ["stream"] = true,
            ["stream_options"] = new JsonObject { ["include_usage"] = true },
        };
        if (tools is { Count: > 0 })
            body["tools"] = tools.DeepClone();
        request.Content = JsonContent.Create(body);
        HttpResponseMessage response;
        try
        {
            response = await inference.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException exception)
        {
            throw new ModelLostException(exception);
        }
        if (response.IsSuccessStatusCode)
            return response;
        using (response)
            throw await RefusalAsync(response, cancellationToken);
    }

    private static async IAsyncEnumerable<SseItem<string>> ReadAsync(Stream body, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var frames = SseParser.Create(body).EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            try
            {
                if (!await frames.MoveNextAsync())
                    yield break;
            }
            catch (Exception exception) when (exception is IOException or HttpRequestException)
            {
                throw new ModelLostException(exception);
            }
            yield return frames.Current;
        }
    }

    private static ModelPiece Parse(string data, string callId, ToolCallReader calls)
    {
        try
        {
            return Read(JsonNode.Parse(data), callId, calls);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            // The ways in which a JSON text says that it, or a part of it, is not what it should be.
            throw Broken(exception);
        }
    }

    private static ModelPiece Read(JsonNode? frame, string callId, ToolCallReader calls)
    {
        if (frame?["error"] is JsonObject error)
            throw new ProblemException(Problem.Unavailable(Text(error["code"]) ?? "model_failed", "The model failed in the middle of its answer; ask again."));
        var delta = frame?["choices"] is JsonArray { Count: > 0 } choices ? choices[0]?["delta"] as JsonObject : null;
        calls.Read(delta?["tool_calls"] as JsonArray);
        return new ModelPiece(Text(delta?["content"]), null, frame?["usage"] is JsonObject usage ? Usage(usage) : null, callId);
    }

    private static TurnUsage Usage(JsonObject usage) => new(
        usage["prompt_tokens"]?.GetValue<int>() ?? 0,
        usage["completion_tokens"]?.GetValue<int>() ?? 0,
        long.TryParse(Text(usage["cost_micros"]), NumberStyles.None, CultureInfo.InvariantCulture, out var cost) ? cost : 0);

    private static async Task<ProblemException> RefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var code = await CodeAsync(response, cancellationToken);
        // Without an error object it is not the gateway that answers but the sidecar in its place.
        if (code is null && response.StatusCode >= HttpStatusCode.InternalServerError)
            return new ModelLostException(null);
        return new ProblemException(response.StatusCode switch
        {
            HttpStatusCode.TooManyRequests when code == "budget_exceeded" => Problem.Unavailable(code, "The budget for models is spent; try again later.", response.Headers.RetryAfter?.Delta),
            HttpStatusCode.TooManyRequests => Problem.Unavailable("model_rate_limited", "The model's rate limit is reached; try again.", response.Headers.RetryAfter?.Delta),
            HttpStatusCode.NotFound => new Problem(502, code ?? "model_not_found", "The agent names a model that the gateway does not know."),
            >= HttpStatusCode.InternalServerError => Problem.Unavailable(code ?? "model_unavailable", "No model endpoint could answer; try again.", response.Headers.RetryAfter?.Delta),
            _ => new Problem(502, code ?? "model_refused", "The model gateway refused the prompt."),
        });
    }

    private static async Task<string?> CodeAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            return Text((await response.Content.ReadFromJsonAsync<JsonObject>(Json.Options, cancellationToken))?["error"]?["code"]);
        }
        catch (Exception exception) when (exception is JsonException or HttpRequestException or NotSupportedException)
        {
            // An answer that is no OpenAI error, such as the sidecar's own: the status says enough.
            return null;
        }
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static ProblemException Broken(Exception? cause) =>
        new(Problem.Unavailable("model_stream_broken", "The model's answer broke off; ask again."), cause);
}
