using Agents.Defaults.Identity;
using Agents.Defaults.Limits;
using Agents.Inference.Admission;
using Agents.Inference.Calls;
using Agents.Inference.Completions;
using Agents.Inference.Deployments;
using Agents.Inference.Resilience;

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
        HttpContext context, Caller caller, AdmissionGate gate, Catalog catalog, CallBook calls, Attempts attempts, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (gate.TryEnter(context.Request.ContentLength, out var ticket) is { } full)
            return full;
        using var place = ticket;
        using var request = await EmbeddingRequestReader.ReadAsync(context.Request, cancellationToken);
        if (catalog.FindForEmbeddings(request.Model) is not { } route)
            return catalog.Refusal(request.Model, chat: false);
        return await calls.RunAsync(CallWork.Embeddings(request), route, caller, context, async call =>
        {
            using var deadline = new Deadline(route.TotalTimeout, time, cancellationToken);
            var begun = await attempts.BeginAsync(
                route, Usage.TokensIn(request.TextBytes),
                (deployment, upstream) => deployment.Embeddings!.EmbedAsync(request, deployment, upstream, deadline), deadline);
            call.At(begun.Deployment, begun.FellBack);
            call.Observe(begun.Answer);
            begun.Upstream.End(call.Tokens);
            await WholeAnswer.SendAsync(WholeAnswer.Compose(begun.Answer, call.UsageJson()), context.Response, cancellationToken);
            call.Succeed();
        });
    }
}
