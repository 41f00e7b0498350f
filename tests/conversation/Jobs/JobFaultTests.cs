using System.Text.Json.Nodes;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Agents.Testing.Storms;
using Xunit;

namespace Agents.Conversation.Tests.Jobs;

/// <summary>What must cost no job: kills, a broker that forgets everything, and one that says everything ten times.</summary>
public sealed class JobFaultTests(JobStormStack stack) : IClassFixture<JobStormStack>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_broker_that_comes_back_empty_and_one_that_repeats_itself_cost_no_job_and_run_none_twice()
    {
        var owner = await stack.NewTenantAsync(Token);
        var model = stack.Models.NewModel(Reply.Stream().Pause(TimeSpan.FromMilliseconds(50)).Text("Done.").Finish().Usage(10, 2).Done());
        var agent = (await owner.CreateAsync(
            "/v1/agents", new { name = "x", instructions = "x", model, collections = Array.Empty<string>() }, Token)).Text("id");
        var jobs = await SubmitAsync(owner, agent, 60);

        // Whatever was published, acknowledged or not, is gone.
        await stack.Host.Runtime.StopAsync(TimeSpan.FromSeconds(5));
        var files = Directory.GetFiles(stack.Host.DataPath, "messages.db*");
        Assert.NotEmpty(files);
        foreach (var file in files)
            File.Delete(file);
        stack.Host.Runtime.Start();
        await stack.Host.Runtime.WaitUntilReadyAsync(Token);
        await AllSucceedAsync(owner, jobs);

        jobs = await SubmitAsync(owner, agent, 40);
        foreach (var shard in Enumerable.Range(0, 400))
            await WakeAsync(shard % 4 == 3 ? JsonValue.Create("nonsense") : new JsonObject { ["lane"] = "standard", ["shard"] = shard % 4 });
        await AllSucceedAsync(owner, jobs);
        // Each question was put once, but for those that the end of the runtime cut.
        Assert.All(jobs, job => Assert.Equal(1, job.Number("attempts")));
    }

    /// <summary>A short storm; <c>./test.sh torture jobs</c> is the long one, with the workers of each lane as apps of their own.</summary>
    [Fact]
    public async Task Kills_cost_no_job_and_no_job_ends_twice()
    {
        var storm = new JobStorm(stack, new JobStormOptions(
            Seed: 8, Jobs: 40, Kills: 4, Words: 8, Pause: TimeSpan.FromMilliseconds(40), Calm: TimeSpan.FromSeconds(1)));

        var report = await storm.RunAsync(Token);

        TestContext.Current.TestOutputHelper?.WriteLine(report.ToString());
        Assert.True(report.Good && report.Kills >= 4 && report.KillsOfHolders * 2 >= report.Kills, report.ToString());
    }

    private static async Task<List<JsonNode>> SubmitAsync(ApiClient owner, string agent, int count) => [.. await Task.WhenAll(
        Enumerable.Range(0, count).Select(_ => owner.CreateAsync("/v1/jobs", new { agent, input = "Go." }, Token)))];

    private static async Task AllSucceedAsync(ApiClient owner, List<JsonNode> jobs)
    {
        for (var n = 0; n < jobs.Count; n++)
        {
            var path = $"/v1/jobs/{jobs[n].Text("id")}";
            await Eventually.TrueAsync(
                async () => (await owner.TryAsync(HttpMethod.Get, path, null, Token)).Body["status"]?.GetValueKind() == System.Text.Json.JsonValueKind.String
                    && (jobs[n] = await owner.GetAsync(path, Token)).Text("status") == "succeeded",
                $"{path} succeeds", Token, TimeSpan.FromSeconds(60));
        }
    }

    private async Task WakeAsync(JsonNode data)
    {
        var port = stack.Host.Services.First(child => child.AppId == "analytics").DaprHttpPort;
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{port}/v1.0/publish/pubsub/jobs-standard") { Content = JsonContent.Create(data) };
        request.Headers.Add("dapr-api-token", stack.Host.DaprApiToken);
        using var http = new HttpClient();
        (await http.SendAsync(request, Token)).EnsureSuccessStatusCode();
    }
}
