using System.Net;
using Agents.Conformance.Processes;

namespace Agents.Conformance.Behaviour;

public class ResiliencyTests
{
    private const string Rules = """
        apiVersion: dapr.io/v1alpha1
        kind: Resiliency
        metadata:
          name: rules
        spec:
          policies:
            timeouts: { short: 1s }
            retries:
              busy: { policy: constant, duration: 10ms, maxRetries: 3, matching: { httpStatusCodes: "429,500-599" } }
              DefaultAppRetryPolicy: { policy: constant, duration: 10ms, maxRetries: 1 }
            circuitBreakers:
              quick: { maxRequests: 1, timeout: 2s, trip: consecutiveFailures >= 2 }
          targets:
            apps:
              matching: { retry: busy }
              breaking: { circuitBreaker: quick }
              slow: { timeout: short }
        """;

    [Fact]
    public async Task Policies_of_app_targets_do_what_they_say()
    {
        var cancel = TestContext.Current.CancellationToken;
        var status = 500;
        await using var world = new World();
        world.Place.AddResource("rules", Rules);
        world.AddCaller("caller");
        async Task Answer(AppCall call, HttpContext http)
        {
            if (call.Path == "/dapr/subscribe") http.Response.StatusCode = 404;
            else if (call.Path == "/slow") await Task.Delay(Timeout.Infinite, http.RequestAborted);
            else if (call.Path == "/stream")
            {
                await http.Response.Body.FlushAsync(cancel);
                await Task.Delay(1_500, cancel);
                await http.Response.WriteAsync("late", cancel);
            }
            else http.Response.StatusCode = call.Path == "/missing" ? 404 : Volatile.Read(ref status);
        }

        var matching = world.AddApp("matching", Answer);
        var breaking = world.AddApp("breaking", Answer);
        var slow = world.AddApp("slow", Answer);
        var unnamed = world.AddApp("unnamed", Answer);
        await world.StartAsync(cancel);
        var http = world.Api().Http;

        Assert.Equal(HttpStatusCode.InternalServerError, (await http.PostAsync("/v1.0/invoke/matching/method/x", new StringContent("kept"), cancel)).StatusCode);
        Assert.Equal(["kept", "kept", "kept", "kept"], matching.CallsTo("/x").Select(call => call.Text));
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/v1.0/invoke/matching/method/missing", cancel)).StatusCode);
        Assert.Single(matching.CallsTo("/missing"));

        using var stream = new HttpRequestMessage(HttpMethod.Post, "/v1.0/invoke/matching/method/once") { Content = new StringContent("streamed") };
        stream.Headers.TransferEncodingChunked = true;
        Assert.Equal(HttpStatusCode.InternalServerError, (await http.SendAsync(stream, cancel)).StatusCode);
        Assert.Single(matching.CallsTo("/once"));

        using var timedOut = await http.GetAsync("/v1.0/invoke/slow/method/slow", cancel);
        Assert.Contains("context deadline exceeded", await timedOut.Content.ReadAsStringAsync(cancel), StringComparison.Ordinal);
        Assert.Equal("late", await http.GetStringAsync("/v1.0/invoke/slow/method/stream", cancel));

        for (var i = 0; i < 2; i++) await http.GetAsync("/v1.0/invoke/breaking/method/x", cancel);
        using var open = await http.GetAsync("/v1.0/invoke/breaking/method/x", cancel);
        Assert.Contains("circuit breaker is open", await open.Content.ReadAsStringAsync(cancel), StringComparison.Ordinal);
        Assert.Equal(2, breaking.CallsTo("/x").Count());
        Volatile.Write(ref status, 200);
        await Wait.UntilAsync(async () => (await http.GetAsync("/v1.0/invoke/breaking/method/x", cancel)).IsSuccessStatusCode, "the breaker has closed", cancel);

        Volatile.Write(ref status, 503);
        await http.GetAsync("/v1.0/invoke/unnamed/method/x", cancel);
        Assert.Equal(2, unnamed.CallsTo("/x").Count());
        Assert.NotEmpty(slow.Calls);
    }
}
