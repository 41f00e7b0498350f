using System.Text.Json.Nodes;
using Agents.Inference.Calls;
using Agents.Inference.Providers;

namespace Agents.Inference.Completions;

/// <summary>
/// Passes a provider's chunks on as they come. Usage is taken out of them and sent once, at the end, to clients that asked for it.
/// After the first byte a failure is an error frame, and <c>[DONE]</c> is missing.
/// </summary>
internal static class StreamedAnswer
{
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(10);

    /// <param name="answer">Stands on its first chunk, so that what fails before it still gets a status of its own.</param>
    public static async Task SendAsync(
        IAsyncEnumerator<JsonObject> answer, ChatRequest request, Call call, EventStream events, TimeProvider time,
        CancellationToken cancellationToken)
    {
        events.Begin();
        try
        {
            JsonObject last;
            do
            {
                last = answer.Current;
                call.Observe(last);
                var hadUsage = last.Remove("usage", out var usage) && usage is not null;
                if (hadUsage && !AnswerDocuments.Choices(last).Any())
                    continue;
                if (request.IncludeUsage)
                    last["usage"] = null;
                await events.SendAsync(last, cancellationToken);
            }
            while (await NextAsync(answer, events, time));
            if (request.IncludeUsage)
                await events.SendAsync(UsageChunk(last, call), cancellationToken);
            await events.SendDoneAsync(cancellationToken);
            call.Succeed();
        }
        catch (ProviderException failure)
        {
            call.Fail(failure.Problem.Code);
            await events.SendErrorAsync(failure.Problem, cancellationToken);
        }
    }

    private static async Task<bool> NextAsync(IAsyncEnumerator<JsonObject> answer, EventStream events, TimeProvider time)
    {
        var next = answer.MoveNextAsync().AsTask();
        while (true)
        {
            try
            {
                return await next.WaitAsync(KeepAlive, time);
            }
            catch (TimeoutException) when (!next.IsCompleted)
            {
                // Not cancelled with the client: the chunk under way has to be awaited in any case, and it ends then by itself.
                await events.SendKeepAliveAsync(CancellationToken.None);
            }
        }
    }

    private static JsonObject UsageChunk(JsonObject last, Call call) => new()
    {
        ["id"] = last["id"]?.DeepClone(),
        ["object"] = "chat.completion.chunk",
        ["created"] = last["created"]?.DeepClone(),
        ["model"] = last["model"]?.DeepClone(),
        ["choices"] = new JsonArray(),
        ["usage"] = call.UsageJson(),
    };
}
