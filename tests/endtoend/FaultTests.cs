using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Agents.Testing;
using Xunit;

namespace Agents.EndToEnd.Tests;

/// <summary>A store or broker that is slow, fails, or is away: clear refusals, nothing accepted lost, recovery without a hand.</summary>
public sealed class FaultTests
{
    /// <summary>A stack of its own: these tests would disturb every other.</summary>
    private sealed class FragileStack : Stack
    {
        protected override ValueTask<Local.LocalHostOptions> ConfigureAsync(Local.LocalHostOptions options) =>
            ValueTask.FromResult(options with { RuntimeArguments = ["--enable-fault-injection"] });
    }

    [Fact]
    public async Task Nothing_accepted_is_lost_and_refusals_are_clear_while_store_or_broker_misbehave()
    {
        var token = TestContext.Current.CancellationToken;
        await using var stack = new FragileStack();
        await stack.InitializeAsync();
        var user = stack.Operator;
        var collection = (await user.CreateAsync("/v1/collections", new { name = "faults" }, token)).Text("id");
        var faults = new ComponentFaults(stack.Host);

        (string Component, object Fault, TimeSpan For)[] plan =
        [
            ("statestore", new { mode = "slow", delayMs = 300 }, TimeSpan.FromSeconds(1)),
            ("statestore", new { mode = "error", ratio = 0.1 }, TimeSpan.FromSeconds(1)),
            ("sessionstore", new { mode = "error", ratio = 0.3 }, TimeSpan.FromSeconds(1)),
            ("pubsub", new { mode = "error", ratio = 0.5 }, TimeSpan.FromSeconds(1)),
            ("pubsub", new { mode = "down" }, TimeSpan.FromSeconds(10)),
            ("statestore", new { mode = "down" }, TimeSpan.FromSeconds(10)),
            ("sessionstore", new { mode = "down" }, TimeSpan.FromSeconds(2)),
        ];
        var accepted = new Accepted();
        foreach (var (component, fault, duration) in plan)
        {
            await faults.SetAsync(component, fault, token);
            await LoadAsync(user, collection, accepted, duration, token);
            await faults.ClearAsync(component, token);
            var recovered = Stopwatch.GetTimestamp();
            await Eventually.TrueAsync(
                async () => (await SendAsync(user, "/v1/sessions", new { input = "Back?" }, token)).Status == HttpStatusCode.Created,
                $"turns work again after {component} {Shown(fault)}",
                token);
            TestContext.Current.TestOutputHelper?.WriteLine($"{component} {Shown(fault)}: recovered after {Stopwatch.GetElapsedTime(recovered).TotalMilliseconds:0} ms");
        }

        Assert.True(accepted.Documents.Count > 0 && accepted.Sessions.Count > 0, "something was accepted");
        Assert.True(accepted.Refusals.Count > 0, "something was refused");
        Assert.All(accepted.Refusals, refusal => Assert.True(
            refusal.Status is HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout or HttpStatusCode.Conflict && refusal.Explained,
            $"{(int)refusal.Status} {refusal.Body}"));
        foreach (var document in accepted.Documents)
        {
            await Eventually.TrueAsync(
                async () => (await user.GetAsync($"/v1/collections/{collection}/documents/{document}", token)).Text("status") == "ready",
                $"accepted document {document} becomes ready", token, TimeSpan.FromSeconds(90));
        }
        foreach (var session in accepted.Sessions)
        {
            var turns = (await user.GetAsync($"/v1/sessions/{session}/turns", token)).List("data");
            Assert.All(turns, turn => Assert.NotEqual("running", turn.Text("status")));
        }
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"accepted {accepted.Documents.Count} documents, {accepted.Sessions.Count} sessions; refused {accepted.Refusals.Count}; lost 0");
    }

    private static async Task LoadAsync(ApiClient user, string collection, Accepted accepted, TimeSpan duration, CancellationToken token)
    {
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
            while (Stopwatch.GetElapsedTime(started) < duration)
            {
                var title = Guid.CreateVersion7().ToString();
                var document = await SendAsync(user, $"/v1/collections/{collection}/documents", new { title, text = $"About {title}." }, token);
                accepted.Add(document, accepted.Documents);
                var session = await SendAsync(user, "/v1/sessions", new { input = "What is it about?" }, token);
                accepted.Add(session, accepted.Sessions);
                await pace.WaitForNextTickAsync(token);
            }
        }));
    }

    private static async Task<(HttpStatusCode Status, string Body, bool RetryAfter)> SendAsync(ApiClient user, string path, object body, CancellationToken token)
    {
        using var response = await user.Http.PostAsJsonAsync(path, body, token);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(token), response.Headers.RetryAfter is not null);
    }

    private static string Shown(object value) => System.Text.Json.JsonSerializer.Serialize(value);

    private sealed class Accepted
    {
        private readonly Lock _gate = new();

        public List<string> Documents { get; } = [];

        public List<string> Sessions { get; } = [];

        public List<(HttpStatusCode Status, string Body, bool Explained)> Refusals { get; } = [];

        public void Add((HttpStatusCode Status, string Body, bool RetryAfter) answer, List<string> ids)
        {
            var body = JsonNode.Parse(answer.Body);
            lock (_gate)
            {
                if (answer.Status is HttpStatusCode.Created or HttpStatusCode.Accepted)
                    ids.Add(body.Text("id"));
                else
                    Refusals.Add((answer.Status, answer.Body, answer.RetryAfter && body.Text("detail").Length > 10 && body.Text("code").Length > 0));
            }
        }
    }
}
