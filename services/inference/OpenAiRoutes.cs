using Agents.Defaults.Errors;
using Agents.Defaults.Identity;

namespace Agents.Inference;

/// <summary>What all routes that OpenAI clients call have in common.</summary>
internal static class OpenAiRoutes
{
    private const string RequestId = "x-request-id";

    /// <summary>A group under <c>/v1</c>: scope, error objects, and a request id on every answer.</summary>
    public static RouteGroupBuilder MapOpenAi(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1").RequireScope(Scopes.Models).WithMetadata(new OpenAiErrors());
        group.AddEndpointFilter((context, next) =>
        {
            // On starting, because a refusal clears the headers that were set before it.
            var response = context.HttpContext.Response;
            response.OnStarting(() =>
            {
                response.Headers.TryAdd(RequestId, Trace.CurrentId() ?? context.HttpContext.TraceIdentifier);
                return Task.CompletedTask;
            });
            return next(context);
        });
        return group;
    }
}
