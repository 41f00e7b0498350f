using System.Net;
using System.Net.Http.Headers;
using Agents.Testing;
using Xunit;

namespace Agents.EndToEnd.Tests;

/// <summary>Keys over their life.</summary>
public sealed class KeyTests(PairStack stack)
{
    private static readonly string[] Probes = ["/v1/sessions", "/v1/collections", "/v1/models", "/v1/analytics/summary"];

    [Fact]
    public async Task A_revoked_key_is_refused_by_every_service_within_30_seconds()
    {
        var token = TestContext.Current.CancellationToken;
        var key = await stack.Operator.CreateAsync("/v1/keys", new { name = "short lived", scopes = new[] { "admin" } }, token);
        var client = stack.Client(key.Text("key"));
        foreach (var probe in Probes)
            await client.GetAsync(probe, token);

        (await stack.Operator.Http.DeleteAsync($"/v1/keys/{key.Text("id")}", token)).EnsureSuccessStatusCode();

        await Eventually.TrueAsync(
            async () => (await Task.WhenAll(Probes.SelectMany(probe => new[] { probe, probe }).Select(probe => StatusAsync(client, probe, token))))
                .All(status => status == HttpStatusCode.Unauthorized),
            "every service refuses the key",
            token,
            TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_rotated_key_works_under_its_new_secret_and_for_the_overlap_under_its_old_one()
    {
        var token = TestContext.Current.CancellationToken;
        var key = await stack.Operator.CreateAsync("/v1/keys", new { name = "rotated", scopes = new[] { "sessions" } }, token);
        var rotated = await stack.Operator.CreateAsync($"/v1/keys/{key.Text("id")}/rotate", new { overlap_seconds = 600 }, token);

        Assert.NotEqual(key.Text("key"), rotated.Text("key"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(stack.Client(rotated.Text("key")), "/v1/sessions", token));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(stack.Client(key.Text("key")), "/v1/sessions", token));

        var replaced = await stack.Operator.CreateAsync($"/v1/keys/{key.Text("id")}/rotate", new { }, token);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(stack.Client(replaced.Text("key")), "/v1/sessions", token));
        await Eventually.TrueAsync(
            async () => await StatusAsync(stack.Client(rotated.Text("key")), "/v1/sessions", token) == HttpStatusCode.Unauthorized, "the old secret is refused", token);
    }

    [Fact]
    public async Task A_secret_is_shown_once_and_a_repetition_with_the_same_idempotency_key_does_not_show_it_again()
    {
        var token = TestContext.Current.CancellationToken;
        var first = await SendAsync();
        var second = await SendAsync();

        Assert.Equal(HttpStatusCode.Created, first.Status);
        Assert.Equal(HttpStatusCode.Conflict, second.Status);
        Assert.Contains("idempotency_secret", second.Body, StringComparison.Ordinal);

        async Task<(HttpStatusCode Status, string Body)> SendAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/keys") { Content = JsonContent.Create(new { name = "once", scopes = new[] { "sessions" } }) };
            request.Headers.Add("Idempotency-Key", "only-once");
            using var response = await stack.Operator.Http.SendAsync(request, token);
            return (response.StatusCode, await response.Content.ReadAsStringAsync(token));
        }
    }

    [Fact]
    public async Task A_tenants_admin_makes_keys_for_its_own_tenant_alone_and_opens_no_tenants()
    {
        var token = TestContext.Current.CancellationToken;
        var admin = await stack.NewTenantAsync(token);
        var (opened, _) = await admin.TryAsync(HttpMethod.Post, "/v1/tenants", new { name = "mine" }, token);
        var (crossed, _) = await admin.TryAsync(HttpMethod.Post, "/v1/keys", new { name = "x", scopes = new[] { "admin" }, tenant = "default" }, token);
        Assert.Equal(HttpStatusCode.Forbidden, opened);
        Assert.Equal(HttpStatusCode.NotFound, crossed);
    }

    [Fact]
    public async Task User_and_principals_need_the_scope_to_delegate()
    {
        var token = TestContext.Current.CancellationToken;
        var plain = await stack.NewTenantAsync(token, "sessions");
        var delegating = await stack.NewTenantAsync(token, "sessions", "sessions:delegate");
        Assert.Equal(HttpStatusCode.Forbidden, (await plain.TryAsync(HttpMethod.Post, "/v1/sessions", new { user = "ada" }, token)).Status);
        Assert.Equal(HttpStatusCode.Created, (await delegating.TryAsync(HttpMethod.Post, "/v1/sessions", new { user = "ada" }, token)).Status);
    }

    private static async Task<HttpStatusCode> StatusAsync(ApiClient client, string path, CancellationToken token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = client.Http.DefaultRequestHeaders.Authorization is { } header ? new AuthenticationHeaderValue("Bearer", header.Parameter) : null;
        using var response = await client.Http.SendAsync(request, token);
        return response.StatusCode;
    }
}
