using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Agents.Inference.Completions;

namespace Agents.Inference.Providers.OpenAi;

/// <summary>
/// Chats of an endpoint that speaks OpenAI's protocol. The caller's document goes there as it is, but for the model's name and the wish
/// for usage.
/// </summary>
internal sealed class OpenAiProvider(OpenAiConnection connection) : IModelProvider
{
    public async IAsyncEnumerable<JsonObject> AnswerAsync(ChatRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var body = Body(request);
        using var watchdog = connection.Watch(cancellationToken);
        await using var answer = await connection.TryAsync(() => BeginAsync(request, body, watchdog), watchdog);
        for (var document = answer.First; document is not null; document = await answer.NextInTimeAsync())
            yield return document;
    }

    private async Task<UpstreamAnswer> BeginAsync(ChatRequest request, BinaryData body, Watchdog watchdog)
    {
        // A whole answer comes in one piece when it is finished: for it only the limit on the call counts.
        if (request.Stream)
            watchdog.Expect(TimeSpan.FromSeconds(connection.Model.FirstTokenTimeoutSeconds));
        UpstreamAnswer? answer = null;
        try
        {
            var response = await connection.SendAsync(connection.Chat.CompleteChatAsync, body, watchdog.Token);
            answer = new UpstreamAnswer(response, request, connection.Model, watchdog);
            await answer.BeginAsync();
            return answer;
        }
        catch (Exception exception)
        {
            if (answer is not null)
                await answer.DisposeAsync();
            if (UpstreamErrors.From(exception, watchdog) is { } failure)
                throw failure;
            throw;
        }
        finally
        {
            watchdog.Rest();
        }
    }

    private BinaryData Body(ChatRequest request)
    {
        var document = (JsonObject)request.Document.DeepClone();
        document["model"] = connection.UpstreamModel;
        if (request.Stream)
        {
            if (document["stream_options"] is not JsonObject)
                document["stream_options"] = new JsonObject();
            document["stream_options"]!["include_usage"] = true;
        }
        return BinaryData.FromString(document.ToJsonString());
    }
}
