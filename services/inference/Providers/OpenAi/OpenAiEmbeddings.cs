using System.Text.Json;
using Agents.Inference.Completions;
using Agents.Inference.Deployments;
using Agents.Inference.Embeddings;
using Agents.Inference.Resilience;
using Agents.Inference.Routing;

namespace Agents.Inference.Providers.OpenAi;

/// <summary>
/// Embeddings of endpoints that speak OpenAI's protocol. The caller's document goes there as it is, but for the model's name.
/// </summary>
internal sealed class OpenAiEmbeddings(OpenAiConnection connection) : IEmbeddingProvider
{
    public async Task<AnswerDocument> EmbedAsync(EmbeddingRequest request, Deployment deployment, Upstream upstream, Deadline deadline)
    {
        try
        {
            var document = UpstreamRequest.Embeddings(request, deployment.UpstreamModel);
            using var response = await connection.SendAsync(upstream.Embeddings, document, deployment, upstream, deadline);
            await using var stream = new BoundedStream(await response.Content.ReadAsStreamAsync(deadline.Token), deployment.MaxOutputBytes);
            using var bytes = new MemoryStream();
            await stream.CopyToAsync(bytes, deadline.Token);
            var answer = AnswerDocument.Read(bytes.GetBuffer().AsMemory(0, (int)bytes.Length));
            return answer.Vectors == request.Count ? answer : throw new JsonException("Not a vector for each input.");
        }
        catch (Exception exception) when (UpstreamErrors.From(exception, deadline) is { } failure)
        {
            throw failure;
        }
    }
}
