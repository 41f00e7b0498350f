using Agents.Contracts;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Events;
using Agents.Defaults.Idempotency;
using Agents.Defaults.Identity;
using Agents.Defaults.Paging;

namespace Agents.Conversation.Hooks.Webhooks;

/// <summary>Sends a webhook of the type <c>webhook.test</c>, as all others are sent.</summary>
/// <param name="Url">An http or https address.</param>
public sealed record TestWebhook(string? Url);

/// <summary>What a test webhook carries.</summary>
internal sealed record TestData(string Message);

internal static class WebhookEndpoints
{
    public static void AddWebhooks(this IServiceCollection services, Role role)
    {
        services.AddSingleton<WebhookSecrets>().AddSingleton<Webhooks>();
        if (role.SendsHooks)
            services.AddSingleton<WebhookSender>().AddHostedService(provider => provider.GetRequiredService<WebhookSender>());
    }

    /// <summary>The queue of the role that sends.</summary>
    public static void MapWebhookDeliveries(this IEndpointRouteBuilder routes, Role role)
    {
        if (role.SendsHooks)
            routes.MapTopic(Topics.Webhooks, (EventMessage message, WebhookSender sender, CancellationToken cancellationToken) => sender.ReceiveAsync(message, cancellationToken));
    }

    public static void MapWebhooks(this IEndpointRouteBuilder routes)
    {
        var secrets = routes.MapGroup("/v1/webhooks/secrets").WithTags("Webhooks").RequireScope(Scopes.Admin);
        secrets.MapGet("/", List).Produces<Page<WebhookSecret>>().WithSummary("The secrets that webhooks are signed with, by Standard Webhooks; at most 5.");
        secrets.MapPost("/", Add).WithAudit("webhook_secret.create").WithIdempotency().Produces<WebhookSecret>(201).WithSummary("Add a secret; from now on webhooks carry a signature of it too.");
        secrets.MapDelete("/{id}", Delete).WithAudit("webhook_secret.delete").Produces(204).WithSummary("Sign with a secret no longer.");
        var deliveries = routes.MapGroup("/v1/webhooks/deliveries").WithTags("Webhooks").RequireScope(Scopes.Jobs);
        deliveries.MapGet("/", Deliveries).Produces<Page<WebhookDelivery>>().WithSummary("Webhooks of the last 7 days, with their attempts.");
        deliveries.MapGet("/{id}", Delivery).Produces<WebhookDelivery>().WithSummary("One webhook.");
        deliveries.MapPost("/{id}/resend", Resend).Produces<WebhookDelivery>().WithSummary("Send a webhook again, under the same id.");
        routes.MapPost("/internal/webhooks", Send).RequireInternal();
        routes.MapPost("/v1/webhooks/test", Test).WithTags("Webhooks").RequireScope(Scopes.Jobs).WithIdempotency()
            .Produces<WebhookDelivery>(202).WithSummary("Send a test webhook.");
    }

    /// <summary>Other services tell the outside from here.</summary>
    private static async Task<IResult> Send(SendWebhook request, Caller caller, Webhooks webhooks, CancellationToken cancellationToken)
    {
        if ((HookAddress.Refusal(request.Url, "url") ?? Checks.Text("id", request.Id, 200)) is { } refusal)
            return refusal;
        await webhooks.SendAsync(caller.Tenant, request.Id, request.Url, request.Type, request.Data, cancellationToken);
        return TypedResults.NoContent();
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

    /// <param name="status">Only those that are <c>pending</c>, <c>delivered</c>, <c>failed</c> or <c>gone</c>.</param>
    private static async Task<IResult> Deliveries(
        [AsParameters] PageQuery query, string? status, Caller caller, Webhooks webhooks, CancellationToken cancellationToken)
    {
        var wrongStatus = Checks.Choice<DeliveryStatus>("status", status, out var wanted);
        if ((query.Refusal(Webhook.Prefix) ?? wrongStatus) is { } refusal)
            return refusal;
        var page = await webhooks.PageAsync(caller.Tenant, query, wanted, cancellationToken);
        return TypedResults.Ok(new Page<WebhookDelivery>([.. page.Data.Select(webhook => webhook.Show())], page.FirstId, page.LastId, page.HasMore));
    }

    private static async Task<IResult> Delivery(string id, Caller caller, Webhooks webhooks, CancellationToken cancellationToken) =>
        await webhooks.GetAsync(caller.Tenant, id, cancellationToken) is { } webhook ? TypedResults.Ok(webhook.Show()) : Problem.NotFound("delivery");

    private static async Task<IResult> Resend(string id, Caller caller, Webhooks webhooks, CancellationToken cancellationToken) =>
        await webhooks.ResendAsync(caller.Tenant, id, cancellationToken) is { } again ? TypedResults.Ok(again) : Problem.NotFound("delivery");

    private static async Task<IResult> Test(TestWebhook request, HttpContext http, Caller caller, Webhooks webhooks, EgressClient egress, CancellationToken cancellationToken)
    {
        if (HookAddress.Refusal(request.Url, "url") is { } refusal)
            return refusal;
        if (!egress.MayCall(new Uri(request.Url!)))
            return Problem.Invalid("url", EgressClient.NotAllowed, "callback_not_allowed");
        var sent = await webhooks.SendAsync(caller.Tenant, http.NewId("test"), request.Url!, "webhook.test", new TestData("This is a test."), cancellationToken);
        return TypedResults.Accepted($"/v1/webhooks/deliveries/{sent.Id}", sent);
    }
}
