using Agents.Defaults.Identity;
using Agents.Defaults.Limits;
using Agents.Inference.Resilience;

namespace Agents.Inference.Completions;

internal static class CompletionEndpoints
{
    // Below the 4 MiB that a sidecar passes on by default.
    private const long MaxBody = 4_000_000;

    public static IServiceCollection AddCompletions(this IServiceCollection services) =>
        services.AddSingleton<Attempts>().AddSingleton<ChatHandler>();

    public static void MapCompletions(this IEndpointRouteBuilder routes) => routes.MapPost("/chat/completions", Create)
        .WithTags("Completions").WithName("CreateChatCompletion").WithBodyLimit(MaxBody)
        .WithSummary("Answer a chat, whole or streamed, as OpenAI's API does.")
        .WithDescription("Takes OpenAI's request; fields it does not know reach the provider unchanged. usage carries cost_micros, "
            + "micro-units of the account's currency as a string, and estimated: true when the provider did not count.")
        .Accepts<object>("application/json").Produces<object>(200, "application/json", "text/event-stream");

    private static Task<IResult> Create(HttpContext context, Caller caller, ChatHandler handler) => handler.HandleAsync(context, caller);
}
