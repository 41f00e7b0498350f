using System.Net;
using System.Text.Json.Nodes;
using Agents.Analytics.Archive;
using Agents.Contracts;
using Agents.Testing;

namespace Agents.Analytics.Tests.Audit;

/// <summary>The audit log as its readers meet it.</summary>
public sealed class AuditTests(AnalyticsStack stack)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Entries_are_listed_verified_exported_and_erased_by_their_tenant_alone()
    {
        var (tenant, reader) = await stack.TenantAsync(Token);
        var (_, stranger) = await stack.TenantAsync(Token);
        var admin = await stack.NewKeyAsync(tenant, Token);
        await stack.PublishAsync(Topics.Audit, Enumerable.Range(0, 25).Select(n => Entry(tenant, n)), Token);
        await Eventually.TrueAsync(async () => (await reader.GetAsync("/v1/audit/verify", Token))["entries"]!.GetValue<int>() == 25, "all entries are linked", Token);

        var newest = await reader.GetAsync("/v1/audit?limit=10", Token);
        Assert.Equal((10, true, "24"), (newest.List("data").Count, newest["has_more"]!.GetValue<bool>(), newest.Text("first_id")));
        var rest = await reader.GetAsync($"/v1/audit?limit=100&after={newest.Text("last_id")}", Token);
        Assert.Equal((15, false), (rest.List("data").Count, rest["has_more"]!.GetValue<bool>()));
        Assert.Equal("agent.update", newest.List("data")[0].Text("action"));

        Assert.Equal(HttpStatusCode.Forbidden, (await reader.TryAsync(HttpMethod.Post, "/v1/analytics/users/erase", new { user = "user-1" }, Token)).Status);
        Assert.Equal(8, (await admin.TryAsync(HttpMethod.Post, "/v1/analytics/users/erase", new { user = "user-1" }, Token)).Body.Number("audit_entries"));
        // The erasure is an entry, too.
        await Eventually.TrueAsync(async () => (await reader.GetAsync("/v1/audit/verify", Token)).Number("entries") == 26, "the erasure is linked", Token);
        var verdict = await reader.GetAsync("/v1/audit/verify?after=4", Token);
        Assert.Equal((true, 21), (verdict["intact"]!.GetValue<bool>(), verdict.Number("entries")));
        var lines = (await reader.Http.GetStringAsync("/v1/audit/export", Token)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal((26, 8), (lines.Length, lines.Count(line => JsonNode.Parse(line)!["content"] is null)));

        Assert.Empty((await stranger.GetAsync("/v1/audit", Token)).List("data"));
        Assert.Equal("", await stranger.Http.GetStringAsync("/v1/audit/export", Token));
    }

    [Fact]
    public async Task Who_changes_something_is_remembered()
    {
        var (tenant, reader) = await stack.TenantAsync(Token);
        var admin = await stack.NewKeyAsync(tenant, Token);
        var key = (await admin.CreateAsync("/v1/keys", new { name = "new", scopes = new[] { "models" } }, Token)).Text("id");
        await admin.TryAsync(HttpMethod.Delete, $"/v1/keys/{key}", null, Token);
        Assert.Equal(HttpStatusCode.BadRequest, (await admin.TryAsync(HttpMethod.Post, "/v1/keys", new { name = "" }, Token)).Status);
        await admin.CreateAsync("/v1/agents", new { name = "support", instructions = "Answer." }, Token);
        await Eventually.TrueAsync(async () => (await reader.GetAsync("/v1/audit/verify", Token)).Number("entries") == 3, "three changes are linked", Token);
        var entries = (await reader.GetAsync("/v1/audit?order=asc", Token)).List("data").ToDictionary(entry => entry.Text("action"));
        Assert.Equal(["agent.create", "key.create", "key.revoke"], entries.Keys.Order());
        Assert.Equal(($"key/{key}", $"key/{key}"), (entries["key.create"].Text("object"), entries["key.revoke"].Text("object")));
        Assert.StartsWith("ak_", entries["key.create"].Text("actor"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_done_to_the_data_of_a_user_is_forgotten_with_the_user_and_the_chain_holds()
    {
        var (tenant, reader) = await stack.TenantAsync(Token);
        var admin = await stack.NewKeyAsync(tenant, Token);
        var session = (await admin.CreateAsync("/v1/sessions", new { user = "maria" }, Token)).Text("id");
        await admin.TryAsync(HttpMethod.Delete, $"/v1/sessions/{session}", null, Token);
        JsonNode? entry = null;
        await Eventually.TrueAsync(
            async () => (entry = (await reader.GetAsync("/v1/audit", Token)).List("data").SingleOrDefault()) is not null, "the deletion is linked", Token);
        Assert.Equal(("session.delete", $"session/{session}", "maria"), (entry.Text("action"), entry.Text("object"), entry.Text("user")));

        Assert.Equal(1, (await admin.TryAsync(HttpMethod.Post, "/v1/analytics/users/erase", new { user = "maria" }, Token)).Body.Number("audit_entries"));
        entry = (await reader.GetAsync("/v1/audit?order=asc&limit=1", Token)).List("data").Single();
        Assert.Equal((true, null, null), (entry!["erased"]!.GetValue<bool>(), entry["user"], entry["object"]));
        Assert.True((await reader.GetAsync("/v1/audit/verify", Token))["intact"]!.GetValue<bool>());
    }

    [Theory]
    [InlineData("?limit=0", "limit"), InlineData("?after=x", "after"), InlineData("?order=up", "order"), InlineData("/verify?after=999999", "after")]
    public async Task What_makes_no_sense_is_refused_by_name(string query, string field)
    {
        var (status, body) = await stack.Operator.TryAsync(HttpMethod.Get, $"/v1/audit{query}", null, Token);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.NotNull(body["errors"]![field]);
    }

    private static ArchivedEvent Entry(string tenant, int n) => SomeEvents.Archived(new AuditRecorded(
        tenant, TimeProvider.System.GetUtcNow(), $"{tenant}.{n}", "key-1", "agent.update", "agent/support", null, null, $"user-{n % 3}"));
}
