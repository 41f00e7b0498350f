using System.Net;
using Agents.Contracts;
using Agents.Testing;

namespace Agents.Analytics.Tests.Alerts;

/// <summary>Alerts as a tenant meets them.</summary>
public sealed class AlertTests(AnalyticsStack stack)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_alert_fires_once_and_tells_by_webhook_and_event()
    {
        var (tenant, reader) = await stack.TenantAsync(Token);
        var admin = await stack.NewKeyAsync(tenant, Token, "analytics", "jobs");
        var rule = new { name = "too many calls", figure = "calls", value = 2, webhook = "https://hooks.example.invalid/alerts" };
        var id = (await admin.CreateAsync("/v1/alerts", rule, Token))["rule"].Text("id");
        var now = TimeProvider.System.GetUtcNow();
        await stack.PublishAsync(Topics.Model, Enumerable.Range(0, 3).Select(n => SomeEvents.Call($"c{n}", now, tenant)), Token);

        await Eventually.TrueAsync(async () => (await AlertAsync(reader, id))?["firing"]?.GetValue<bool>() == true, "the alert fires", Token);
        await Eventually.TrueAsync(async () => await WebhooksAsync(admin) == 1, "its webhook is on its way", Token);
        await stack.PublishAsync(Topics.Model, [SomeEvents.Call("c4", now, tenant)], Token);
        // Four calls, the rule's making, and the event of the alert.
        await Eventually.TrueAsync(
            async () => (await reader.GetAsync("/v1/analytics/summary", Token))["infrastructure"].Number("events_archived") == 6, "the alert's event is archived", Token);
        Assert.Equal(1, await WebhooksAsync(admin));
        Assert.Equal(3, (await AlertAsync(reader, id))!["measured"]!.GetValue<decimal>());
    }

    [Fact]
    public async Task Rules_are_listed_and_removed_by_their_tenant_alone()
    {
        var (_, mine) = await stack.TenantAsync(Token);
        var (_, theirs) = await stack.TenantAsync(Token);
        var id = (await mine.CreateAsync("/v1/alerts", new { name = "failing_turns", figure = "error_rate", value = 0.5 }, Token))["rule"].Text("id");
        var listed = (await mine.GetAsync("/v1/alerts", Token)).List("data");
        Assert.Single(listed, alert => alert!["rule"].Text("name") == "failing_turns");
        Assert.Contains(listed, alert => alert!["rule"].Text("name") == "dead_jobs" && alert["default"]!.GetValue<bool>());
        Assert.Equal("failing_turns", (await mine.GetAsync($"/v1/alerts/{id}", Token))["rule"].Text("name"));
        Assert.Null(await AlertAsync(theirs, id));
        Assert.Equal(HttpStatusCode.NotFound, (await theirs.TryAsync(HttpMethod.Get, $"/v1/alerts/{id}", null, Token)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await theirs.TryAsync(HttpMethod.Delete, $"/v1/alerts/{id}", null, Token)).Status);
        Assert.Equal(HttpStatusCode.Conflict, (await mine.TryAsync(HttpMethod.Post, "/v1/alerts", new { name = "failing_turns", figure = "turns", value = 1 }, Token)).Status);
        using var gone = await mine.Http.DeleteAsync($"/v1/alerts/{id}", Token);
        Assert.Equal(HttpStatusCode.NoContent, gone.StatusCode);
        Assert.Null(await AlertAsync(mine, id));
    }

    public static TheoryData<string, object> Defects => new()
    {
        { "name", new { figure = "turns", value = 1 } },
        { "figure", new { name = "x", figure = "weather", value = 1 } },
        { "value", new { name = "x", figure = "turns" } },
        { "objective", new { name = "x", figure = "error_rate", condition = "burn_rate", value = 1 } },
        { "minutes", new { name = "x", figure = "turns", value = 1, minutes = 0 } },
        { "webhook", new { name = "x", figure = "turns", value = 1, webhook = "ftp://somewhere" } },
        { "webhook", new { name = "x", figure = "turns", value = 1, webhook = "https://{host}.example/" } },
        { "of", new { name = "x", figure = "turns", value = 1, group_by = "agent" } },
        { "group_by", new { name = "x", figure = "turns", value = 1, group_by = "planet", of = "mars" } },
    };

    [Theory, MemberData(nameof(Defects))]
    public async Task What_makes_no_sense_is_refused_by_name(string field, object rule)
    {
        var (status, body) = await stack.Operator.TryAsync(HttpMethod.Post, "/v1/alerts", rule, Token);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.NotNull(body["errors"]![field]);
    }

    private static async Task<System.Text.Json.Nodes.JsonNode?> AlertAsync(ApiClient client, string id) =>
        (await client.GetAsync("/v1/alerts", Token)).List("data").SingleOrDefault(alert => alert!["rule"].Text("id") == id);

    private static async Task<int> WebhooksAsync(ApiClient client) =>
        (await client.GetAsync("/v1/webhooks/deliveries", Token)).List("data").Count(delivery => delivery.Text("type") == "alert.firing");
}
