using Agents.Defaults.Identity;
using Agents.Defaults.Limits;
using Agents.Inference.Calls;
using Agents.Inference.Models;
using Agents.Inference.Providers;

namespace Agents.Inference.Completions;

internal static class CompletionEndpoints
{
    // Below the 4 MiB that a sidecar passes on by default.
    private const long MaxBody = 4_000_000;

    private const string CallId = "x-agents-call-id";

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

        using var call = calls.Open(request, model, caller);
        context.Response.Headers[CallId] = call.Id;
        try
        {
            await using var answer = model.Provider.AnswerAsync(request, cancellationToken).GetAsyncEnumerator(cancellationToken);
            if (!await answer.MoveNextAsync())
                throw new InvalidOperationException("A provider ended without a document.");
            if (request.Stream)
                await StreamedAnswer.SendAsync(answer, request, call, new EventStream(context.Response), time, cancellationToken);
            else
                await WholeAnswer.SendAsync(answer.Current, call, context.Response, cancellationToken);
            return Results.Empty;
        }
        catch (ProviderException failure)
        {
            call.Fail(failure.Problem.Code);
            return failure.Problem;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            call.Fail("client_closed");
            throw;
        }
    }
}
