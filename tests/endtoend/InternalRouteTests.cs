using System.Net;
using Agents.Testing;
using Xunit;

namespace Agents.EndToEnd.Tests;

/// <summary>What only services and the sidecar may do.</summary>
public sealed class InternalRouteTests(PairStack stack)
{
    public static TheoryData<string, string, string> Routes => new()
    {
        { "conversation", "POST", "/internal/keys/authenticate" },
        { "conversation", "GET", "/dapr/subscribe" },
        { "conversation", "GET", "/dapr/config" },
        { "conversation", "POST", "/internal/topics/agents-in" },
        { "conversation-standard", "POST", "/internal/topics/jobs-standard" },
        { "conversation-hooks", "POST", "/internal/topics/webhooks" },
        { "conversation", "POST", "/internal/webhooks" },
        { "conversation", "POST", "/internal/questions" },
        { "conversation", "POST", "/internal/examples" },
        { "conversation", "POST", "/internal/supervisor/runs" },
        { "conversation", "PUT", "/actors/Lane/standard-0/method/Figure" },
        { "conversation", "PUT", "/actors/Lane/standard-0/method/remind/look" },
        { "conversation", "DELETE", "/actors/Lane/standard-0" },
        { "retrieval", "POST", "/internal/search" },
        { "retrieval", "GET", "/dapr/subscribe" },
        { "retrieval-ingest", "POST", "/internal/topics/document-ingest" },
        { "inference", "GET", "/dapr/subscribe" },
        { "analytics", "GET", "/dapr/subscribe" },
        { "analytics", "POST", "/internal/topics/turn-events" },
        { "analytics", "POST", "/internal/topics/ops-events" },
    };

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task An_internal_route_is_401_from_outside_whatever_key_or_headers_come_with_it(string app, string method, string path)
    {
        var token = TestContext.Current.CancellationToken;
        foreach (var client in new[] { stack.At(ProcessOf(app), 0, stack.Host.ApiKey), stack.Client(stack.Host.ApiKey) })
        {
            using var request = new HttpRequestMessage(HttpMethod.Parse(method), path) { Content = method == "POST" ? JsonContent.Create(new { }) : null };
            request.Headers.Add("dapr-caller-app-id", "conversation");
            request.Headers.Add("dapr-api-token", "guessed");
            request.Headers.Add("x-agents-tenant", "default");
            using var response = await client.Http.SendAsync(request, token);
            // The front door has no such path: there it may also be unknown, never allowed.
            Assert.True(
                response.StatusCode == HttpStatusCode.Unauthorized || (client.Http.BaseAddress == stack.Host.Address && response.StatusCode == HttpStatusCode.NotFound),
                $"{method} {path} at {client.Http.BaseAddress}: {(int)response.StatusCode}");
        }
    }

    [Theory]
    [InlineData("front door")]
    [InlineData("service")]
    public async Task Internal_headers_from_outside_have_no_effect(string door)
    {
        var token = TestContext.Current.CancellationToken;
        var victim = await stack.NewTenantAsync(token);
        var key = await victim.CreateAsync("/v1/keys", new { name = "x", scopes = new[] { "sessions" } }, token);
        var session = (await victim.CreateAsync("/v1/sessions", new { }, token)).Text("id");
        var thief = await stack.NewTenantAsync(token);
        var client = door == "service" ? stack.At("conversation", 0, Key(thief)) : thief;

        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/sessions/{session}");
        request.Headers.Add("x-agents-tenant", key.Text("tenant"));
        request.Headers.Add("dapr-caller-app-id", "analytics");
        request.Headers.Add("dapr-api-token", "guessed");
        using var response = await client.Http.SendAsync(request, token);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    // A role has a process of its own in a cluster only; elsewhere the service's does its work.
    private string ProcessOf(string app) => stack.Host.Services.Any(service => service.AppId == app) ? app : app.Split('-')[0];

    private static string Key(ApiClient client) => client.Http.DefaultRequestHeaders.Authorization!.Parameter!;
}
