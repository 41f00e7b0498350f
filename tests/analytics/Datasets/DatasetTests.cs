using System.Net;
using System.Text.Json.Nodes;
using Agents.Testing;
using Agents.Testing.FakeModels;

namespace Agents.Analytics.Tests.Datasets;

/// <summary>Turns as examples, from the conversation to the file.</summary>
public sealed class DatasetTests(AnalyticsStack stack)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Turns_of_sessions_that_consent_are_chosen_masked_and_exported_and_deleted_ones_are_left_out()
    {
        var (tenant, reader) = await stack.TenantAsync(Token);
        var admin = await stack.NewKeyAsync(tenant, Token);
        var definition = new { name = "echo", instructions = "Answer briefly.", model = stack.Models.NewModel(Reply.Echo()), collections = Array.Empty<string>() };
        var agent = (await admin.CreateAsync("/v1/agents", definition, Token)).Text("id");
        var good = await AskAsync(admin, agent, "Write to jo@example.com", "training", "up");
        await AskAsync(admin, agent, "Bad answer", "training", "down");
        await AskAsync(admin, agent, "I do not consent", null, "up");
        var gone = await AskAsync(admin, agent, "Forget this", "training", "up");
        await Eventually.TrueAsync(
            async () => (await reader.GetAsync("/v1/analytics/figures?figures=turns,feedback_up,feedback_down", Token)).List("series").Select(series => series.Number("whole")).SequenceEqual([4, 3, 1]),
            "all is archived", Token);

        var from = TimeProvider.System.GetUtcNow().AddHours(-1);
        var dataset = await MakeAsync(admin, new { name = "good ones", from, agent, rating = "up" });
        Assert.Equal(3, dataset.Number("turns"));
        Assert.Equal(["Write to [email]", "Forget this"], await QuestionsAsync(admin, dataset));
        using (var deleted = await admin.Http.DeleteAsync($"/v1/sessions/{gone}", Token))
            Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.Equal(["Write to [email]"], await QuestionsAsync(admin, dataset));

        Assert.Equal(0, (await MakeAsync(admin, new { name = "another version", from, agent, agent_version = 2 })).Number("turns"));
        Assert.Equal(0, (await MakeAsync(admin, new { name = "borne out", from, min_groundedness = 0.5 })).Number("turns"));
        var (other, _) = await stack.TenantAsync(Token);
        var stranger = await stack.NewKeyAsync(other, Token);
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.TryAsync(HttpMethod.Get, $"/v1/datasets/{dataset.Text("id")}/export", null, Token)).Status);
        Assert.Equal(0, (await MakeAsync(stranger, new { name = "not mine", from, agent })).Number("turns"));
        Assert.Equal(HttpStatusCode.Forbidden, (await reader.TryAsync(HttpMethod.Get, "/v1/datasets", null, Token)).Status);
        using (var deleted = await admin.Http.DeleteAsync($"/v1/datasets/{dataset.Text("id")}", Token))
            Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.Equal(2, (await admin.GetAsync("/v1/datasets", Token)).List("data").Count);
        Assert.NotEqual(good, gone);
    }

    [Theory]
    [InlineData("""{"from": "2026-01-01T00:00:00Z"}""", "name"), InlineData("""{"name": "x"}""", "from")]
    [InlineData("""{"name": "x", "from": "2026-01-01T00:00:00Z", "to": "2026-03-01T00:00:00Z"}""", "from")]
    [InlineData("""{"name": "x", "from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z", "rating": "good"}""", "rating")]
    public async Task What_makes_no_sense_is_refused_by_name(string body, string field)
    {
        var (status, refusal) = await stack.Operator.TryAsync(HttpMethod.Post, "/v1/datasets", JsonNode.Parse(body)!, Token);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.NotNull(refusal["errors"]![field]);
    }

    private static async Task<string> AskAsync(ApiClient client, string agent, string input, string? consent, string rating)
    {
        var metadata = consent is null ? [] : new Dictionary<string, string> { ["consent"] = consent };
        var session = await client.CreateAsync("/v1/sessions", new { agent, input, metadata }, Token);
        await client.CreateAsync($"/v1/sessions/{session.Text("id")}/turns/{session["turn"].Text("id")}/feedback", new { rating }, Token);
        return session.Text("id");
    }

    private static async Task<JsonNode> MakeAsync(ApiClient admin, object body)
    {
        var id = (await admin.CreateAsync("/v1/datasets", body, Token)).Text("id");
        JsonNode? dataset = null;
        await Eventually.TrueAsync(async () => (dataset = await admin.GetAsync($"/v1/datasets/{id}", Token)).Text("status") == "ready", "the dataset is ready", Token);
        return dataset!;
    }

    private static async Task<List<string>> QuestionsAsync(ApiClient admin, JsonNode dataset)
    {
        var lines = (await admin.Http.GetStringAsync($"/v1/datasets/{dataset.Text("id")}/export", Token)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var messages = lines.Select(line => JsonNode.Parse(line)!.List("messages")).ToList();
        Assert.All(messages, said => Assert.Equal(["system", "user", "assistant"], said.Select(message => message.Text("role"))));
        Assert.All(messages, said => Assert.Equal("Answer briefly.", said[0].Text("content")));
        return [.. messages.Select(said => said[1].Text("content"))];
    }
}
