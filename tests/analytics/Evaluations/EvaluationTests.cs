using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Agents.Testing;
using Agents.Testing.FakeModels;

namespace Agents.Analytics.Tests.Evaluations;

/// <summary>Test sets run against agents, from the file to the comparison.</summary>
public sealed class EvaluationTests(AnalyticsStack stack)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_versions_of_an_agent_are_run_against_a_set_and_compared()
    {
        var (tenant, reader) = await stack.TenantAsync(Token);
        var admin = await stack.NewKeyAsync(tenant, Token);
        var model = stack.Models.NewModel(Reply.Echo());
        var agent = (await admin.CreateAsync("/v1/agents", new { name = "echo", instructions = "Answer.", model, collections = Array.Empty<string>() }, Token)).Text("id");
        var worse = new { name = "poor", instructions = "Answer.", model = stack.Models.NewModel(Reply.Text("I do not know.")), collections = Array.Empty<string>() };
        await admin.CreateAsync($"/v1/agents/{agent}/versions", worse, Token);
        var set = await CreateAsync(admin, string.Join('\n', Enumerable.Range(1, 11).Select(n => $$"""{"question": "Say {{n}} apples", "expected_answer": "{{(n < 11 ? n : 99)}} apples"}""")));
        Assert.Equal(11, set.Number("cases"));

        var (good, poor) = (await RunAsync(admin, set.Text("id"), agent, 1), await RunAsync(admin, set.Text("id"), agent, 2));
        Assert.Equal((0.9091, 0), (good["scores"]!["accuracy"]!["value"]!.GetValue<double>(), good["scores"].Number("failed")));
        Assert.Equal(0, poor["scores"]!["accuracy"]!["value"]!.GetValue<double>());
        var comparison = await reader.GetAsync($"/v1/evaluations/{good.Text("id")}/comparison?with={poor.Text("id")}", Token);
        Assert.Equal((10, 0), (comparison.Number("better"), comparison.Number("worse")));
        Assert.True(comparison["accuracy"]!["low"]!.GetValue<double>() > 0.5);
        var results = await reader.GetAsync($"/v1/evaluations/{good.Text("id")}/results?limit=3&after=8", Token);
        Assert.Equal(("9", "10", false), (results.Text("first_id"), results.Text("last_id"), results["has_more"]!.GetValue<bool>()));
        Assert.Equal("batch", (await admin.GetAsync($"/v1/jobs/{results.List("data")[0].Text("job")}", Token)).Text("lane"));

        await Eventually.TrueAsync(
            async () => (await reader.GetAsync("/v1/analytics/figures?figures=accuracy&group_by=version", Token)).List("series")
                .ToDictionary(series => series.Text("value"), series => series!["whole"]?.GetValue<double>()) is { Count: 2 } shown && shown[$"{agent}@1"] == 0.909091 && shown[$"{agent}@2"] == 0,
            "the figure shows both", Token);
        var (_, stranger) = await stack.TenantAsync(Token);
        foreach (var path in new[] { $"/v1/evaluations/{good.Text("id")}", $"/v1/evaluations/{good.Text("id")}/results", $"/v1/evaluations/sets/{set.Text("id")}" })
            Assert.Equal(HttpStatusCode.NotFound, (await stranger.TryAsync(HttpMethod.Get, path, null, Token)).Status);
        Assert.Empty((await stranger.GetAsync("/v1/evaluations", Token)).List("data"));
        Assert.Equal(2, (await reader.GetAsync("/v1/evaluations", Token)).List("data").Count);
    }

    [Fact]
    public async Task A_version_that_does_not_exist_fails_the_run()
    {
        var (tenant, _) = await stack.TenantAsync(Token);
        var admin = await stack.NewKeyAsync(tenant, Token);
        var set = await CreateAsync(admin, """{"question": "Why?"}""");
        var run = await RunAsync(admin, set.Text("id"), "default", 99);
        Assert.Equal(("failed", "agent_not_found"), (run.Text("status"), run.Text("error")));
    }

    [Theory]
    [InlineData("", "line for each case"), InlineData("{\"question\": \"\"}", "Line 1"), InlineData("{\"question\": \"a\"}\nnonsense", "Line 2"), InlineData("[]", "Line 1")]
    public async Task A_set_that_cannot_be_read_is_refused_by_its_line(string lines, string why)
    {
        using var response = await PostAsync(stack.Operator, lines);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(why, await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    private static async Task<JsonNode> RunAsync(ApiClient admin, string set, string agent, int version)
    {
        var id = (await admin.CreateAsync("/v1/evaluations", new { set, agent, agent_version = version }, Token)).Text("id");
        JsonNode? run = null;
        await Eventually.TrueAsync(async () => (run = await admin.GetAsync($"/v1/evaluations/{id}", Token)).Text("status") != "running", "the run ends", Token);
        return run!;
    }

    private static async Task<JsonNode> CreateAsync(ApiClient admin, string lines)
    {
        using var response = await PostAsync(admin, lines);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return JsonNode.Parse(await response.Content.ReadAsStringAsync(Token))!;
    }

    private static async Task<HttpResponseMessage> PostAsync(ApiClient client, string lines)
    {
        using var content = new StringContent(lines, Encoding.UTF8, "application/x-ndjson");
        return await client.Http.PostAsync("/v1/evaluations/sets?name=a+set", content, Token);
    }
}
