using System.Text.Json.Nodes;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Agents.Testing.Storms;
using Xunit;

namespace Agents.Conversation.Tests.Jobs;

/// <summary>What a broker may do to jobs: forget everything, and say everything ten times.</summary>
public sealed class BrokerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_broker_that_comes_back_empty_and_one_that_repeats_itself_cost_no_job_and_run_none_twice()
    {
        await using var stack = new JobStormStack(cluster: false);
        await stack.InitializeAsync();
        var model = stack.Models.NewModel(Reply.Stream().Pause(TimeSpan.FromMilliseconds(50)).Text("Done.").Finish().Usage(10, 2).Done());
        var agent = (await stack.Operator.CreateAsync(
            "/v1/agents", new { name = "x", instructions = "x", model, collections = Array.Empty<string>() }, Token)).Text("id");
        var jobs = await SubmitAsync(stack, agent, 60);

        // Whatever was published, acknowledged or not, is gone.
        await stack.Host.Runtime.StopAsync(TimeSpan.FromSeconds(5));
        var files = Directory.GetFiles(stack.Host.DataPath, "messages.db*");
        Assert.NotEmpty(files);
        foreach (var file in files)
            File.Delete(file);
        stack.Host.Runtime.Start();
        await stack.Host.Runtime.WaitUntilReadyAsync(Token);
        await AllSucceedAsync(stack, jobs);

        jobs = await SubmitAsync(stack, agent, 40);
        foreach (var shard in Enumerable.Range(0, 400))
            await WakeAsync(stack, shard % 4 == 3 ? JsonValue.Create("nonsense") : new JsonObject { ["lane"] = "standard", ["shard"] = shard % 4 });
        await AllSucceedAsync(stack, jobs);
        // Each question was put once, but for those that the end of the runtime cut.
        Assert.All(jobs, job => Assert.Equal(1, job.Number("attempts")));
    }

    private static async Task<List<JsonNode>> SubmitAsync(JobStormStack stack, string agent, int count) => [.. await Task.WhenAll(
        Enumerable.Range(0, count).Select(_ => stack.Operator.CreateAsync("/v1/jobs", new { agent, input = "Go." }, Token)))];

    private static async Task AllSucceedAsync(JobStormStack stack, List<JsonNode> jobs)
    {
        for (var n = 0; n < jobs.Count; n++)
        {
            var path = $"/v1/jobs/{jobs[n].Text("id")}";
            await Eventually.TrueAsync(
                async () => (await stack.Operator.TryAsync(HttpMethod.Get, path, null, Token)).Body["status"]?.GetValueKind() == System.Text.Json.JsonValueKind.String
                    && (jobs[n] = await stack.Operator.GetAsync(path, Token)).Text("status") == "succeeded",
                $"{path} succeeds", Token, TimeSpan.FromSeconds(60));
        }
    }

    private static async Task WakeAsync(JobStormStack stack, JsonNode data)
    {
        var port = stack.Host.Services.First(child => child.AppId == "analytics").DaprHttpPort;
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{port}/v1.0/publish/pubsub/jobs-standard") { Content = JsonContent.Create(data) };
        request.Headers.Add("dapr-api-token", stack.Host.DaprApiToken);
        using var http = new HttpClient();
        (await http.SendAsync(request, Token)).EnsureSuccessStatusCode();
    }
}
