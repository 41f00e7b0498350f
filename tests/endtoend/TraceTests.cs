using Agents.Testing;
using Xunit;

namespace Agents.EndToEnd.Tests;

/// <summary>Each request is one trace across services and queues.</summary>
public sealed class TraceTests(PairStack stack)
{
    [Fact]
    public async Task A_turn_is_one_trace_from_the_front_door_to_the_last_consumer()
    {
        var token = TestContext.Current.CancellationToken;
        var user = await stack.NewTenantAsync(token);
        var session = await user.CreateAsync("/v1/sessions", new { input = "Where am I?" }, token);
        var trace = session["turn"].Text("trace_id");

        // The last consumer is analytics, which is told by pub/sub.
        await Eventually.TrueAsync(() => Services().Contains("analytics"), "analytics is part of the trace", token);
        await Eventually.TrueAsync(
            () => Services().IsSupersetOf(["conversation", "retrieval", "inference", "analytics"]), "all services are part of the trace", token);

        await Eventually.TrueAsync(() => Has("invoke_agent ") && Has("chat "), "the agent's and the model's spans are part of the trace", token);
        await Eventually.TrueAsync(() => stack.Collector.Metrics > 0 && stack.Collector.Logs > 0, "metrics and logs arrive as well", token);

        bool Has(string name) => stack.Collector.Spans.Any(span => span.TraceId == trace && span.Name.StartsWith(name, StringComparison.Ordinal));

        HashSet<string> Services() => [.. stack.Collector.Spans.Where(span => span.TraceId == trace).Select(span => span.Service)];
    }

    [Fact]
    public async Task A_document_is_one_trace_from_upload_through_the_queue_to_its_index()
    {
        var token = TestContext.Current.CancellationToken;
        var user = await stack.NewTenantAsync(token);
        var collection = (await user.CreateAsync("/v1/collections", new { name = "traced" }, token)).Text("id");
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/collections/{collection}/documents")
        {
            Content = System.Net.Http.Json.JsonContent.Create(new { title = "a.md", text = "One sentence." }),
        };
        var trace = System.Diagnostics.ActivityTraceId.CreateRandom().ToHexString();
        request.Headers.Add("traceparent", $"00-{trace}-{System.Diagnostics.ActivitySpanId.CreateRandom().ToHexString()}-01");
        using var response = await user.Http.SendAsync(request, token);
        response.EnsureSuccessStatusCode();

        await Eventually.TrueAsync(
            () => Spans().Any(span => span.Contains(Contracts.Topics.DocumentIngest, StringComparison.Ordinal)),
            () => $"the consumer of the queue is part of the trace {string.Join(", ", Spans())}",
            token);

        IEnumerable<string> Spans() => stack.Collector.Spans.Where(span => span.TraceId == trace).Select(span => $"{span.Service}: {span.Name}");
    }
}
