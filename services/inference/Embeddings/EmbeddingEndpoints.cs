using Agents.Defaults.Errors;
using Agents.Defaults.Identity;
using Agents.Defaults.Limits;
using Agents.Inference.Calls;
using Agents.Inference.Completions;
using Agents.Inference.Models;

namespace Agents.Inference.Embeddings;

internal static class EmbeddingEndpoints
{
    // Below the 4 MiB that a sidecar passes on by default.
    private const long MaxBody = 4_000_000;

    public static void MapEmbeddings(this IEndpointRouteBuilder routes) => routes.MapPost("/embeddings", Create)
        .WithTags("Embeddings").WithName("CreateEmbedding").WithBodyLimit(MaxBody)
        .WithSummary("Turn texts into vectors, as OpenAI's API does.")
        .WithDescription("Takes OpenAI's request: up to 2,048 inputs, encoding_format float or base64. Fields it does not know reach the "
            + "provider unchanged. The built-in model embed-use-lite reads 128 tokens of a text and refuses a longer one, unless the "
            + "request has truncate: true. usage carries cost_micros, micro-units of the account's currency as a string.")
        .Accepts<object>("application/json").Produces<object>();

    private static async Task<IResult> Create(
        HttpContext context, Caller caller, ModelCatalog models, CallBook calls, CancellationToken cancellationToken)
    {
        var request = await EmbeddingRequestReader.ReadAsync(context.Request, cancellationToken);
        if (models.FindForEmbeddings(request.Model) is not { } model)
            return ModelEndpoints.NotFound(request.Model);
        if (model.Embeddings is not { } provider)
            return Problem.Invalid("model", $"The model '{model.Id}' answers chats; it makes no embeddings.", "model_not_supported");

        return await calls.RunAsync(request, model, caller, context, async call =>
            await WholeAnswer.SendAsync(await provider.EmbedAsync(request, cancellationToken), call, context.Response, cancellationToken));
    }
}
