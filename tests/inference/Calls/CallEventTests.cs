using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Agents.Contracts;
using Agents.Defaults;
using Agents.Defaults.Events;
using Agents.Defaults.Identity;
using Agents.Inference.Calls;
using Agents.Inference.Completions;
using Agents.Inference.Models;
using Agents.Inference.Providers.Extractive;
using Agents.Testing;
using Dapr.Client;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Agents.Inference.Tests.Calls;

/// <summary>The event of a call, taken from the request that reaches the sidecar.</summary>
public sealed class CallEventTests : IAsyncLifetime
{
    private static readonly ChatRequest Request = ChatRequestReader.Parse(
        JsonNode.Parse("""{"model":"default","stream":true,"messages":[{"role":"user","content":"12345678"}]}""")!.AsObject());

    private readonly ConcurrentQueue<JsonNode> _published = new();
    private WebApplication? _sidecar;
    private EventPublisher? _events;
    private CallBook? _book;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddMetrics();
        _sidecar = builder.Build();
        _sidecar.MapPost("/v1.0-alpha1/publish/bulk/pubsub/model-events", async (HttpRequest request) =>
        {
            var entries = (await JsonNode.ParseAsync(request.Body))!.AsArray();
            foreach (var entry in entries)
                _published.Enqueue(entry!["event"]!["data"]!);
            return Results.NoContent();
        });
        await _sidecar.StartAsync();
        _events = new EventPublisher(
            new DaprClientBuilder().UseHttpEndpoint(_sidecar.Urls.Single()).UseJsonSerializationOptions(Defaults.Api.Json.Options).Build(),
            new ServiceIdentity("inference", "inference", "inference-0", "1", "1"), TimeProvider.System, NullLogger<EventPublisher>.Instance);
        await _events.StartAsync(CancellationToken.None);
        var telemetry = new CallTelemetry(_sidecar.Services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>(), NullLogger<CallTelemetry>.Instance);
        _book = new CallBook(telemetry, _events, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        await _events!.StopAsync(CancellationToken.None);
        await _sidecar!.DisposeAsync();
    }

    [Fact]
    public async Task A_good_call_is_told_with_all_its_figures()
    {
        string id;
        using (var call = Open())
        {
            id = call.Id;
            call.Observe(JsonNode.Parse("""{"model":"gpt-2026","choices":[{"delta":{"content":"Hello"}}]}""")!.AsObject());
            call.Observe(JsonNode.Parse(
                """{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":4}}}""")!.AsObject());
            call.Succeed();
        }
        var told = await ToldAsync();
        Assert.True(told["ttft_ms"]!.GetValue<int>() <= told["duration_ms"]!.GetValue<int>());
        foreach (var member in new[] { "time", "ttft_ms", "duration_ms" })
            Assert.True(told.AsObject().Remove(member));
        Assert.Equal(
            $$"""
            {"tenant":"acme","call_id":"{{id}}","turn":"turn_1","job":"job_1","alias":"default","model":"gpt","version":"gpt-2026","arm":"stable","tier":"small","reason":"alias","cache":"none","tokens_in":10,"tokens_out":5,"tokens_cached":4,"cost_micros":"20"}
            """,
            told.ToJsonString());
    }

    [Fact]
    public async Task A_call_that_broke_off_is_told_with_an_estimate_and_its_error()
    {
        using (var call = Open())
        {
            call.Observe(JsonNode.Parse("""{"choices":[{"delta":{"tool_calls":[{"function":{"name":"abc","arguments":"{}"}}]}}]}""")!.AsObject());
            call.Fail("client_closed");
        }
        var told = await ToldAsync();
        Assert.Equal((2, 2, "client_closed"), (told.Number("tokens_in"), told.Number("tokens_out"), told.Text("error")));
    }

    [Fact]
    public async Task A_call_without_a_word_costs_nothing_and_one_that_ends_by_surprise_is_told_too()
    {
        Open().Dispose();
        var told = await ToldAsync();
        Assert.Equal((0, 0, "0", "internal_error"), (told.Number("tokens_in"), told.Number("tokens_out"), told.Text("cost_micros"), told.Text("error")));
        Assert.Null(told["ttft_ms"]);
    }

    private Call Open() => _book!.Open(
        Request,
        new Model("gpt", "openai", "small", new Price(500_000, 3_000_000), new ExtractiveProvider("gpt", TimeProvider.System)),
        new Caller("acme", "conversation", new HashSet<string>(), Internal: true, new CallContext("turn_1", "job_1")));

    private async Task<JsonNode> ToldAsync()
    {
        await Eventually.TrueAsync(() => !_published.IsEmpty, $"one {CallCompleted.Type} is published", TestContext.Current.CancellationToken);
        return Assert.Single(_published);
    }
}
