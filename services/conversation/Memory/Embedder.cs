using System.Net;
using System.Text.Json.Nodes;
using Agents.Defaults.Identity;

namespace Agents.Conversation.Memory;

/// <summary>Asks inference for vectors of the built-in model, which costs nothing and leaves the machine for nobody.</summary>
internal sealed class Embedder(ServiceClients clients)
{
    private const string Model = "embed-use-lite";
    private const int AtOnce = 128;

    /// <returns>A vector for each text; null when this installation has no built-in embeddings.</returns>
    /// <exception cref="HttpRequestException">Inference does not answer.</exception>
    public async Task<IReadOnlyList<MeaningVector>?> EmbedAsync(string tenant, string? turn, IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        var vectors = new List<MeaningVector>(texts.Count);
        foreach (var some in texts.Chunk(AtOnce))
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/embeddings").For(tenant, turn);
            request.Content = JsonContent.Create(new { model = Model, input = some, encoding_format = "base64", truncate = true });
            using var response = await clients.Inference.SendAsync(request, cancellationToken);
            if (response.StatusCode == HttpStatusCode.NotFound)
                return null;
            response.EnsureSuccessStatusCode();
            var body = await response.Content.ReadFromJsonAsync<JsonObject>(cancellationToken);
            vectors.AddRange(body!["data"]!.AsArray().Select(item => MeaningVector.Of(Convert.FromBase64String(item!["embedding"]!.GetValue<string>()))));
        }
        return vectors;
    }
}
