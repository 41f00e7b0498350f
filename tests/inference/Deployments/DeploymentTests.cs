using System.Net;
using System.Text.Json.Nodes;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Xunit;

namespace Agents.Inference.Tests.Deployments;

/// <summary>Deployments and aliases by the API, over the scripted endpoint.</summary>
public sealed class DeploymentTests(InferenceStack stack)
{
    [Fact]
    public async Task A_deployment_answers_at_once_changes_without_a_gap_and_goes()
    {
        var token = TestContext.Current.CancellationToken;
        await CreateAsync("dep-one", stack.Models.NewModel(Reply.Text("First.")), token);
        Assert.Equal("First.", await AskAsync("dep-one", token));
        var next = stack.Models.NewModel(Reply.Text("Second."));
        Assert.Equal(HttpStatusCode.OK, (await stack.Operator.TryAsync(HttpMethod.Put, "/v1/deployments/dep-one", Definition("dep-one", next), token)).Status);
        Assert.Equal("Second.", await AskAsync("dep-one", token));
        var models = (await stack.Operator.GetAsync("/v1/models", token)).List("data").Select(model => model.Text("id"));
        Assert.Contains("dep-one", models);
        Assert.Equal(HttpStatusCode.NoContent, (await stack.Operator.TryAsync(HttpMethod.Delete, "/v1/deployments/dep-one", null, token)).Status);
        using var gone = await stack.PostAsync(InferenceStack.Question("dep-one", stream: false, includeUsage: false), token);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    [Fact]
    public async Task An_alias_goes_from_edge_to_small_to_large()
    {
        var token = TestContext.Current.CancellationToken;
        string[] models =
        [
            stack.Models.NewModel(Reply.Error(500, "Broken.")), stack.Models.NewModel(Reply.Error(401, "Who are you?")), stack.Models.NewModel(Reply.Text("From the large one.")),
        ];
        string[] tiers = ["edge", "small", "large"];
        for (var i = 0; i < 3; i++)
            await CreateAsync($"chain-{tiers[i]}", models[i], token, tiers[i]);
        await stack.Operator.CreateAsync("/v1/aliases", new { id = "chain", targets = tiers.Select(tier => new { deployment = $"chain-{tier}" }) }, token);
        Assert.Equal("From the large one.", await AskAsync("chain", token));
        Assert.All(models, model => Assert.Single(stack.Models.Requests(model)));
        var refused = await stack.Operator.TryAsync(HttpMethod.Delete, "/v1/deployments/chain-small", null, token);
        Assert.Equal((HttpStatusCode.Conflict, "deployment_in_use"), (refused.Status, refused.Body.Text("code")));
    }

    [Fact]
    public async Task A_weighted_alias_shares_its_calls_out()
    {
        var token = TestContext.Current.CancellationToken;
        string[] models = [stack.Models.NewModel(Reply.Text("A")), stack.Models.NewModel(Reply.Text("B"))];
        await CreateAsync("share-a", models[0], token);
        await CreateAsync("share-b", models[1], token);
        await stack.Operator.CreateAsync(
            "/v1/aliases", new { id = "share", mode = "weighted", targets = new object[] { new { deployment = "share-a", weight = 1 }, new { deployment = "share-b", weight = 3 } } }, token);
        for (var n = 0; n < 60; n++)
            await AskAsync("share", token);
        // With 60 draws at one to three, fewer than 4 or more than 30 come up less than once in a million runs.
        Assert.InRange(stack.Models.Requests(models[0]).Count, 4, 30);
    }

    [Fact]
    public async Task An_endpoint_that_asks_for_a_pause_gets_it_from_later_calls_too()
    {
        var token = TestContext.Current.CancellationToken;
        var limited = stack.Models.NewModel(Reply.Error(429, "Slow down.", retryAfter: 30));
        var other = stack.Models.NewModel(Reply.Text("Here."));
        await CreateAsync("pause-a", limited, token);
        await CreateAsync("pause-b", other, token);
        await stack.Operator.CreateAsync("/v1/aliases", new { id = "pause", targets = new object[] { new { deployment = "pause-a" }, new { deployment = "pause-b" } } }, token);
        for (var n = 0; n < 5; n++)
            Assert.Equal("Here.", await AskAsync("pause", token));
        Assert.Single(stack.Models.Requests(limited));
        var (status, error, wait) = await stack.RefusedAsync("pause-a", token);
        Assert.Equal((429, "provider_rate_limited"), (status, error.Text("code")));
        Assert.InRange(wait!.Value.TotalSeconds, 1, 30);
    }

    [Fact]
    public async Task After_five_failures_an_endpoint_rests()
    {
        var token = TestContext.Current.CancellationToken;
        var model = stack.Models.NewModel(Reply.Error(500, "Broken."));
        await CreateAsync("resting", model, token);
        await stack.RefusedAsync("resting", token);
        await stack.RefusedAsync("resting", token);
        var asked = stack.Models.Requests(model).Count;
        Assert.InRange(asked, 5, 6);
        var (status, error, wait) = await stack.RefusedAsync("resting", token);
        Assert.Equal((503, "provider_resting", asked), (status, error.Text("code"), stack.Models.Requests(model).Count));
        Assert.NotNull(wait);
    }

    [Theory]
    [InlineData("""{"id":"default","endpoints":["http://a.example/v1"]}""", "id")]
    [InlineData("""{"id":"bad","endpoints":["ftp://a.example"]}""", "endpoints")]
    [InlineData("""{"id":"bad","endpoints":["http://a.example/v1"],"tier":"huge"}""", "tier")]
    [InlineData("""{"id":"bad","endpoints":["http://a.example/v1"],"limits":{"max_in_flight":0}}""", "max_in_flight")]
    public async Task A_bad_deployment_is_told_which_field_is_wrong(string body, string field)
    {
        var (status, problem) = await stack.Operator.TryAsync(HttpMethod.Post, "/v1/deployments", JsonNode.Parse(body), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(field, problem["errors"]!.AsObject().Select(error => error.Key));
    }

    [Fact]
    public async Task Only_the_operator_sees_and_changes_them_and_configured_ones_stay()
    {
        var token = TestContext.Current.CancellationToken;
        var tenant = await stack.NewTenantAsync(token);
        Assert.Equal(HttpStatusCode.Forbidden, (await tenant.TryAsync(HttpMethod.Get, "/v1/deployments", null, token)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await tenant.TryAsync(HttpMethod.Post, "/v1/aliases", new { id = "x", targets = new[] { new { deployment = "fake-memory" } } }, token)).Status);
        var (status, problem) = await stack.Operator.TryAsync(HttpMethod.Delete, "/v1/deployments/fake-memory", null, token);
        Assert.Equal((HttpStatusCode.Conflict, "configured"), (status, problem.Text("code")));
        Assert.Equal("configuration", (await stack.Operator.GetAsync("/v1/deployments/fake-memory", token)).Text("source"));
    }

    private Task<JsonNode> CreateAsync(string id, string model, CancellationToken token, string tier = "large") =>
        stack.Operator.CreateAsync("/v1/deployments", Definition(id, model, tier), token);

    private object Definition(string id, string model, string tier = "large") =>
        new { id, model, tier, endpoints = new[] { stack.Models.Endpoint }, api_key_secret = FakeModelServer.ApiKeySecret };

    private async Task<string> AskAsync(string model, CancellationToken token)
    {
        using var response = await stack.PostAsync(InferenceStack.Question(model, stream: false, includeUsage: false), token);
        var body = JsonNode.Parse(await response.Content.ReadAsStringAsync(token));
        return body?["choices"]?[0]?["message"].Text("content") ?? throw new InvalidOperationException(body?.ToJsonString());
    }
}
