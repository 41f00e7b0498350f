using Agents.Defaults.Errors;
using Agents.Defaults.Identity;
using Agents.Defaults.Limits;
using Agents.Inference.Calls;
using Agents.Inference.Models;

namespace Agents.Inference.Completions;

internal static class CompletionEndpoints
{
    // Below the 4 MiB that a sidecar passes on by default.
    private const long MaxBody = 4_000_000;

    public static void MapCompletions(this IEndpointRouteBuilder routes) => routes.MapPost("/chat/completions", Create)
        .WithTags("Completions").WithName("CreateChatCompletion").WithBodyLimit(MaxBody)
        .WithSummary("Answer a chat, whole or streamed, as OpenAI's API does.")
        .WithDescription("Takes OpenAI's request; fields it does not know reach the provider unchanged. usage carries cost_micros, "
            + "micro-units of the account's currency as a string, and estimated: true when the provider did not count.")
        .Accepts<object>("application/json").Produces<object>(200, "application/json", "text/event-stream");

    private static async Task<IResult> Create(
        HttpContext context, Caller caller, ModelCatalog models, CallBook calls, TimeProvider time, CancellationToken cancellationToken)
    {
        var request = await ChatRequestReader.ReadAsync(context.Request, cancellationToken);
        if (models.Find(request.Model) is not { } model)
            return ModelEndpoints.NotFound(request.Model);

        if (model.Provider is not { } provider)
            return Problem.Invalid("model", $"The model '{model.Id}' makes embeddings; it cannot chat.", "model_not_supported");

        return await calls.RunAsync(request, model, caller, context, async call =>
        {
            await using var answer = provider.AnswerAsync(request, cancellationToken).GetAsyncEnumerator(cancellationToken);
            if (!await answer.MoveNextAsync())
                throw new InvalidOperationException("A provider ended without a document.");
            if (request.Stream)
                await StreamedAnswer.SendAsync(answer, request, call, new EventStream(context.Response), time, cancellationToken);
            else
                await WholeAnswer.SendAsync(answer.Current, call, context.Response, cancellationToken);
        });
    }
}
