using System.Diagnostics;
using System.Net;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Xunit;

namespace Agents.EndToEnd.Tests;

/// <summary>What one replica of the gateway is told, the other knows.</summary>
public sealed class GatewayTests(PairStack stack)
{
    [Fact]
    public async Task A_changed_deployment_is_in_force_on_every_replica_within_two_seconds_and_no_call_fails_meanwhile()
    {
        var token = TestContext.Current.CancellationToken;
        ApiClient[] replicas = [stack.At("inference", 0, stack.Host.ApiKey), stack.At("inference", 1, stack.Host.ApiKey)];
        string[] models = [stack.Models.NewModel(Reply.Text("Version 0.")), stack.Models.NewModel(Reply.Text("Version 1."))];
        await replicas[0].CreateAsync("/v1/deployments", Definition(models[0]), token);
        await Eventually.TrueAsync(async () => await AskAsync(replicas[1], token) == "Version 0.", "the other replica knows the deployment", token, TimeSpan.FromSeconds(2));

        using var over = CancellationTokenSource.CreateLinkedTokenSource(token);
        var callers = Enumerable.Range(0, 8).Select(n => CallAsync(replicas[n % 2], over.Token)).ToList();
        for (var version = 1; version <= 4; version++)
        {
            var wanted = $"Version {version % 2}.";
            var (status, _) = await replicas[version % 2].TryAsync(HttpMethod.Put, "/v1/deployments/rolling", Definition(models[version % 2]), token);
            Assert.Equal(HttpStatusCode.OK, status);
            var changed = Stopwatch.GetTimestamp();
            foreach (var replica in replicas)
                await Eventually.TrueAsync(async () => await AskAsync(replica, token) == wanted, "the change is in force", token);
            Assert.True(Stopwatch.GetElapsedTime(changed) < TimeSpan.FromSeconds(2), $"it took {Stopwatch.GetElapsedTime(changed).TotalSeconds:0.0} s");
        }
        await over.CancelAsync();
        Assert.All(await Task.WhenAll(callers), made => Assert.True(made > 0));
    }

    private object Definition(string model) => new { id = "rolling", model, endpoints = new[] { stack.Models.Endpoint }, api_key_secret = FakeModelServer.ApiKeySecret };

    private static async Task<int> CallAsync(ApiClient replica, CancellationToken over)
    {
        var made = 0;
        while (!over.IsCancellationRequested)
        {
            Assert.StartsWith("Version ", await AskAsync(replica, CancellationToken.None), StringComparison.Ordinal);
            made++;
        }
        return made;
    }

    private static async Task<string> AskAsync(ApiClient replica, CancellationToken cancellationToken)
    {
        var question = new { model = "rolling", messages = new[] { new { role = "user", content = "Which one?" } } };
        var (status, answer) = await replica.TryAsync(HttpMethod.Post, "/v1/chat/completions", question, cancellationToken);
        return status == HttpStatusCode.OK ? answer["choices"]![0]!["message"].Text("content") : $"{status} {answer.ToJsonString()}";
    }
}
