using Agents.Defaults.Errors;
using Agents.Defaults.Idempotency;
using Agents.Defaults.Identity;
using Agents.Defaults.Paging;

namespace Agents.Conversation.Hooks.Webhooks;

internal static class WebhookEndpoints
{
    public static void AddWebhooks(this IServiceCollection services) => services
        .AddSingleton<WebhookSecrets>().AddSingleton<Webhooks>().AddHostedService(provider => provider.GetRequiredService<Webhooks>());

    public static void MapWebhooks(this IEndpointRouteBuilder routes)
    {
        var secrets = routes.MapGroup("/v1/webhooks/secrets").WithTags("Webhooks").RequireScope(Scopes.Admin);
        secrets.MapGet("/", List).Produces<Page<WebhookSecret>>().WithSummary("The secrets that webhooks are signed with, by Standard Webhooks; at most 5.");
        secrets.MapPost("/", Add).WithIdempotency().Produces<WebhookSecret>(201).WithSummary("Add a secret; from now on webhooks carry a signature of it too.");
        secrets.MapDelete("/{id}", Delete).Produces(204).WithSummary("Sign with a secret no longer.");
    }

    private static async Task<IResult> List(Caller caller, WebhookSecrets secrets, CancellationToken cancellationToken)
    {
        var all = await secrets.ListAsync(caller.Tenant, cancellationToken);
        return TypedResults.Ok(new Page<WebhookSecret>(all, all[0].Id, all[^1].Id, HasMore: false));
    }

    private static async Task<IResult> Add(HttpContext http, Caller caller, WebhookSecrets secrets, CancellationToken cancellationToken) =>
        TypedResults.Created("/v1/webhooks/secrets", await secrets.AddAsync(caller.Tenant, http.NewId(WebhookSecrets.Prefix), cancellationToken));

    private static async Task<IResult> Delete(string id, Caller caller, WebhookSecrets secrets, CancellationToken cancellationToken) =>
        await secrets.DeleteAsync(caller.Tenant, id, cancellationToken) ? TypedResults.NoContent() : Problem.NotFound("secret");
}
