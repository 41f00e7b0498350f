using System.Text.Json;
using System.Text.Json.Nodes;
using Agents.Inference.Completions;
using Agents.Inference.Embeddings;

namespace Agents.Inference.Providers.OpenAi;

/// <summary>
/// Embeddings of an endpoint that speaks OpenAI's protocol. The caller's document goes there as it is, but for the model's name.
/// </summary>
internal sealed class OpenAiEmbeddings(OpenAiConnection connection) : IEmbeddingProvider
{
    public async Task<JsonObject> EmbedAsync(EmbeddingRequest request, CancellationToken cancellationToken)
    {
        var document = (JsonObject)request.Document.DeepClone();
        document["model"] = connection.UpstreamModel;
        var body = BinaryData.FromString(document.ToJsonString());
        using var watchdog = connection.Watch(cancellationToken);
        return await connection.TryAsync(() => AskAsync(body, request.Count, watchdog), watchdog);
    }

    private async Task<JsonObject> AskAsync(BinaryData body, int count, Watchdog watchdog)
    {
        try
        {
            using var response = await connection.SendAsync(connection.Embeddings.GenerateEmbeddingsAsync, body, watchdog.Token);
            await using var stream = new BoundedStream(response.ContentStream ?? Stream.Null, connection.Model.MaxOutputBytes);
            using var bytes = new MemoryStream();
            await stream.CopyToAsync(bytes, watchdog.Token);
            var answer = StrictJson.Parse(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
            return (answer["data"] as JsonArray)?.Count == count ? answer : throw new JsonException("Not a vector for each input.");
        }
        catch (Exception exception) when (UpstreamErrors.From(exception, watchdog) is { } failure)
        {
            throw failure;
        }
    }
}
