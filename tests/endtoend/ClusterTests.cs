using System.Net;
using System.Text.Json.Nodes;
using Agents.Local;
using Agents.Local.Topology;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Xunit;

namespace Agents.EndToEnd.Tests;

/// <summary>One process per app id, as the Helm chart deploys them: the same product, and replaced without anybody noticing.</summary>
public sealed class ClusterTests(ClusterTests.ClusterStack stack) : IClassFixture<ClusterTests.ClusterStack>
{
    public sealed class ClusterStack : Stack
    {
        protected override ValueTask<LocalHostOptions> ConfigureAsync(LocalHostOptions options) => ValueTask.FromResult(options with
        {
            Topology = TopologyKind.Cluster,
            Replicas = new Dictionary<string, int> { ["conversation"] = 2, ["inference"] = 2 },
        });
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Documents_are_indexed_by_one_role_found_by_another_and_counted_once()
    {
        var user = await stack.NewTenantAsync(Token);
        var collection = (await user.CreateAsync("/v1/collections", new { name = "handbook" }, Token)).Text("id");
        await user.AddReadyDocumentAsync(collection, "lamp.md", "The lamp of the lighthouse turns every nine seconds.", Token);
        var hits = (await user.CreateAsync($"/v1/collections/{collection}/search", new { query = "lighthouse lamp" }, Token)).List("data");
        Assert.Contains("nine seconds", hits[0].Text("text"), StringComparison.Ordinal);

        await user.CreateAsync("/v1/sessions", new { input = "Is anybody there?" }, Token);
        await Eventually.TrueAsync(
            async () => (await user.GetAsync("/v1/analytics/summary", Token))["agent"].Number("turns") == 1, "the summary counts the turn", Token, TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Each_app_subscribes_to_what_is_declared_for_it_and_to_nothing_else()
    {
        var declared = (await File.ReadAllTextAsync(Path.Combine(Stack.RepositoryRoot, "infra", "local", "cluster", "subscriptions", "subscriptions.yaml"), Token)).Split("---")
            .Select(text => (App: After(text, "scopes: ["), Topic: After(text, "topic: "))).ToLookup(subscription => subscription.App, subscription => subscription.Topic);
        foreach (var service in stack.Host.Services)
        {
            // Without any, the sidecar says nothing.
            var subscriptions = (await SidecarAsync(service.DaprHttpPort!.Value, "/v1.0/metadata"))["subscriptions"] as JsonArray ?? [];
            Assert.Equal(
                declared[service.AppId!].Order(StringComparer.Ordinal),
                subscriptions.Select(subscription => subscription.Text("topic")).Order(StringComparer.Ordinal));
            Assert.All(subscriptions, subscription => Assert.Equal("DECLARATIVE", subscription.Text("type")));
        }
    }

    [Fact]
    public async Task The_autoscaler_is_told_what_waits_for_indexing()
    {
        var autoscaler = await stack.NewKeyAsync("default", Token, "analytics");
        await Eventually.TrueAsync(
            async () => (await autoscaler.GetAsync("/v1/collections/backlog", Token)).Number("documents") == 0, "nothing waits", Token, TimeSpan.FromMinutes(1));
        var stranger = await stack.NewTenantAsync(Token);
        Assert.Equal(HttpStatusCode.Forbidden, (await stranger.TryAsync(HttpMethod.Get, "/v1/collections/backlog", null, Token)).Status);
    }

    [Fact]
    public async Task A_stream_outlives_the_replacement_of_every_process_that_it_may_pass()
    {
        var model = stack.Models.NewModel(Reply.Unrepeatable(60, TimeSpan.FromMilliseconds(100)));
        var agent = (await stack.Operator.CreateAsync(
            "/v1/agents", new { name = "slow", instructions = "Talk.", model, collections = Array.Empty<string>() }, Token)).Text("id");
        var streams = Enumerable.Range(0, 4).Select(_ => ReadAsync(agent)).ToList();
        await Task.WhenAll(stack.Host.Services.Where(service => service.AppId is "conversation" or "inference").GroupBy(service => service.AppId).Select(async app =>
        {
            foreach (var replica in app)
                await replica.ReplaceAsync(Token);
        }));

        foreach (var frames in await Task.WhenAll(streams))
            Assert.Equal(("turn.started", "turn.completed"), (frames[0].Event, frames[^1].Event));
    }

    private async Task<List<Frame>> ReadAsync(string agent)
    {
        var frames = new List<Frame>();
        await foreach (var frame in stack.Operator.StreamAsync("/v1/sessions", new { agent, input = "Tell me something long.", stream = true }, Token))
            frames.Add(frame);
        return frames;
    }

    private async Task<JsonNode> SidecarAsync(int port, string path)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        http.DefaultRequestHeaders.Add("dapr-api-token", stack.Host.DaprApiToken);
        return JsonNode.Parse(await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}{path}"), Token))!;
    }

    private static string After(string text, string what)
    {
        var at = text.IndexOf(what, StringComparison.Ordinal) + what.Length;
        return text[at..text.IndexOfAny([']', '\n'], at)];
    }
}
