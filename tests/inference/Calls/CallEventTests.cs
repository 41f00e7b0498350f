using System.Text.Json.Nodes;
using Agents.Defaults;
using Agents.Defaults.Events;
using Agents.Defaults.Identity;
using Agents.Defaults.Replicas;
using Agents.Defaults.State;
using Agents.Inference.Accounts;
using Agents.Inference.Budgets;
using Agents.Inference.Calls;
using Agents.Inference.Completions;
using Agents.Inference.Deployments;
using Agents.Inference.Providers.Extractive;
using Agents.Inference.Routing;
using Agents.Inference.Tests.Accounts;
using Agents.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Agents.Inference.Tests.Calls;

/// <summary>The event of a call, taken from the request that reaches the sidecar.</summary>
public sealed class CallEventTests : IDisposable
{
    private static readonly ChatRequest Request = ChatRequestReader.Parse(
        """{"model":"default","stream":true,"messages":[{"role":"user","content":"12345678"}]}"""u8.ToArray());

    private readonly MemoryStore _store = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly Treasury _treasury;
    private readonly CallBook _book;

    public CallEventTests()
    {
        var time = TimeProvider.System;
        var dapr = _store.Client();
        var stores = new Stores(dapr, time);
        var events = new EventPublisher(dapr, new ServiceIdentity("inference", "inference", "inference-0", "1", "1"), time, NullLogger<EventPublisher>.Instance);
        _treasury = new Treasury(
            new JournalStore(stores, events, "inference"), new AccountStore(stores, time), events, new ReplicaId("inference-0", "1"), time, NullLogger<Treasury>.Instance);
        var telemetry = new CallTelemetry(_services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>(), NullLogger<CallTelemetry>.Instance);
        _book = new CallBook(telemetry, new BudgetBook(stores), _treasury, time);
    }

    public void Dispose() => _services.Dispose();

    [Fact]
    public async Task A_good_call_is_told_with_all_its_figures()
    {
        var id = await CallAsync(call =>
        {
            call.Observe(AnswerDocument.Read("""{"model":"gpt-2026","choices":[{"delta":{"content":"Hello"}}]}"""u8.ToArray()));
            call.Observe(AnswerDocument.Read("""{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":4}}}"""u8.ToArray()));
            call.Succeed();
        });
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
        await CallAsync(call =>
        {
            call.Observe(AnswerDocument.Read("""{"choices":[{"delta":{"tool_calls":[{"function":{"name":"abc","arguments":"{}"}}]}}]}"""u8.ToArray()));
            call.Fail("client_closed");
        });
        var told = await ToldAsync();
        Assert.Equal((2, 2, "client_closed"), (told.Number("tokens_in"), told.Number("tokens_out"), told.Text("error")));
    }

    [Fact]
    public async Task A_call_without_a_word_costs_nothing_and_one_that_ends_by_surprise_is_told_too()
    {
        await CallAsync(_ => { });
        var told = await ToldAsync();
        Assert.Equal((0, 0, "0", "internal_error"), (told.Number("tokens_in"), told.Number("tokens_out"), told.Text("cost_micros"), told.Text("error")));
        Assert.Null(told["ttft_ms"]);
    }

    /// <returns>The call's id.</returns>
    private async Task<string> CallAsync(Action<Call> answer)
    {
        var definition = new DeploymentDefinition("gpt", InputMicrosPerMillion: 500_000, OutputMicrosPerMillion: 3_000_000, Tier: "small");
        var deployment = new Deployment(definition, new ExtractiveProvider(TimeProvider.System), null, []);
        var route = new ModelRoute("default", IsAlias: true, AliasMode.Ordered, [deployment], [1], "", TimeSpan.Zero);
        var caller = new Caller("acme", "conversation", new HashSet<string>(), Internal: true, new CallContext("turn_1", "job_1"));
        var context = new DefaultHttpContext();
        await _book.RunAsync(CallWork.Chat(Request, 100), route, caller, context, call =>
        {
            answer(call);
            return Task.CompletedTask;
        });
        return Assert.Single(context.Response.Headers["x-agents-call-id"])!;
    }

    private async Task<JsonNode> ToldAsync()
    {
        await _treasury.CommitAsync(TestContext.Current.CancellationToken);
        await _treasury.PublishAsync(TestContext.Current.CancellationToken);
        return JsonNode.Parse(Assert.Single(_store.Published).Value)!;
    }
}
