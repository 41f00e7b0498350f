using System.Threading.Channels;
using Dapr.Workflow;
using Dapr.Workflow.Grpc;
using Dapr.Workflow.Protocol;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Agents.SdkTests.Workflows;

public sealed class WorkflowWorkerTests
{
    private readonly Channel<WorkItem> _items = Channel.CreateUnbounded<WorkItem>();
    private readonly Channel<WorkflowResponse> _turns = Channel.CreateUnbounded<WorkflowResponse>();
    private readonly Channel<ActivityResponse> _results = Channel.CreateUnbounded<ActivityResponse>();
    private int _streams;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Work_comes_over_the_stream_and_is_answered()
    {
        await using var hub = await StartHubAsync();
        using var host = await StartHostAsync(hub);

        _items.Writer.TryWrite(Turn("Greeting", "i1", "\"Bob\""));
        var turn = await _turns.Reader.ReadAsync(Cancelled);
        Assert.Equal(("i1", "token-i1", "Hello"), (turn.InstanceId, turn.CompletionToken, turn.Actions.Single().ScheduleTask.Name));

        _items.Writer.TryWrite(Call("hello", 4, "\"Bob\""));
        var result = await _results.Reader.ReadAsync(Cancelled);
        Assert.Equal(new ActivityResponse { InstanceId = "i1", TaskId = 4, Result = "\"Hello Bob of i1, key 4\"", CompletionToken = "t" }, result);
        Assert.Equal("secret", hub.Calls[0].Token);
        Assert.Equal("/TaskHubSidecarService/Hello", hub.Calls[0].Method);
    }

    [Theory]
    [InlineData("Missing", null, "ActivityNotFoundException", "Activity 'Missing' not found")]
    [InlineData("Broken", null, "System.InvalidOperationException", "no")]
    [InlineData("Hello", "[1]", "System.Text.Json.JsonException", "The JSON value could not be converted")]
    [InlineData("Unmade", null, "System.InvalidOperationException", "Unable to resolve service")]
    public async Task An_activity_that_cannot_run_tells_why(string name, string? input, string type, string message)
    {
        await using var hub = await StartHubAsync();
        using var host = await StartHostAsync(hub);

        _items.Writer.TryWrite(Call(name, 1, input));

        var details = (await _results.Reader.ReadAsync(Cancelled)).FailureDetails;
        Assert.Equal(type, details.ErrorType);
        Assert.StartsWith(message, details.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_that_breaks_is_opened_again_and_so_is_one_whose_answer_got_lost()
    {
        await using var hub = await StartHubAsync();
        using var host = await StartHostAsync(hub);
        await UntilAsync(() => _streams == 1);

        _items.Writer.TryWrite(new WorkItem { CompletionToken = "break" });
        await UntilAsync(() => _streams == 2);
        hub.On("CompleteActivityTask", GrpcStatus.Unavailable, "not now");
        _items.Writer.TryWrite(Call("Hello", 1, null));
        await UntilAsync(() => _streams == 3);
        hub.On("CompleteActivityTask", GrpcStatus.NotFound, "no such work item");
        _items.Writer.TryWrite(Call("Hello", 2, null));
        await UntilAsync(() => hub.Calls.Count(call => call.Method.EndsWith("CompleteActivityTask", StringComparison.Ordinal)) == 2);
        _items.Writer.TryWrite(Turn("Greeting", "i2", "\"Bob\""));

        Assert.Equal("i2", (await _turns.Reader.ReadAsync(Cancelled)).InstanceId);
        Assert.Equal(3, _streams);
    }

    [Fact]
    public async Task Slow_activities_do_not_hold_up_workflows()
    {
        await using var hub = await StartHubAsync();
        using var host = await StartHostAsync(hub);
        var gate = host.Services.GetRequiredService<Gate>();

        for (var i = 0; i < 150; i++) _items.Writer.TryWrite(Call("Slow", i, null));
        _items.Writer.TryWrite(Turn("Greeting", "i1", "\"Bob\""));
        await _turns.Reader.ReadAsync(Cancelled);
        await UntilAsync(() => gate.Inside == 100);
        gate.Open.SetResult();
        for (var i = 0; i < 150; i++) await _results.Reader.ReadAsync(Cancelled);

        Assert.Equal(100, gate.Most);
    }

    [Fact]
    public async Task A_host_that_stops_lets_activities_end_and_takes_no_more()
    {
        await using var hub = await StartHubAsync();
        using var host = await StartHostAsync(hub);
        var gate = host.Services.GetRequiredService<Gate>();
        _items.Writer.TryWrite(Call("Slow", 1, null));
        await UntilAsync(() => gate.Inside == 1);

        var stop = host.StopAsync(Cancelled);
        gate.Open.SetResult();
        await stop;

        Assert.Equal(1, (await _results.Reader.ReadAsync(Cancelled)).TaskId);
    }

    [Fact]
    public async Task An_app_without_workflows_has_a_client_and_asks_for_no_work()
    {
        await using var hub = await ScriptedTaskHub.StartAsync();
        hub.On("RaiseEvent", new RaiseEventResponse());
        using var host = Build(hub, services => services.AddDaprWorkflow());
        await host.StartAsync(Cancelled);

        await host.Services.GetRequiredService<DaprWorkflowClient>().RaiseEventAsync("i", "e", cancellation: Cancelled);
        await host.StopAsync(Cancelled);

        Assert.Equal("/TaskHubSidecarService/RaiseEvent", Assert.Single(hub.Calls).Method);
    }

    private async Task<ScriptedTaskHub> StartHubAsync()
    {
        var hub = await ScriptedTaskHub.StartAsync();
        hub.On("Hello", new Empty()).On("GetWorkItems", StreamAsync);
        hub.On("CompleteOrchestratorTask", (context, call) => TakeAsync(context, _turns, call.Read(WorkflowResponse.Parser)));
        hub.On("CompleteActivityTask", (context, call) => TakeAsync(context, _results, call.Read(ActivityResponse.Parser)));
        return hub;
    }

    private async Task StreamAsync(HttpContext context, HubCall call)
    {
        Interlocked.Increment(ref _streams);
        await context.Response.StartAsync(context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        while (await _items.Reader.WaitToReadAsync(context.RequestAborted))
        {
            if (!_items.Reader.TryRead(out var item)) continue;
            if (item.CompletionToken == "break")
            {
                context.Abort();
                return;
            }

            await ScriptedTaskHub.WriteAsync(context, item);
        }
    }

    private static async Task TakeAsync<T>(HttpContext context, Channel<T> answers, T answer)
    {
        await ScriptedTaskHub.WriteAsync(context, new CompleteTaskResponse());
        ScriptedTaskHub.End(context, GrpcStatus.OK);
        answers.Writer.TryWrite(answer);
    }

    private static async Task<IHost> StartHostAsync(ScriptedTaskHub hub)
    {
        var host = Build(hub, services => services.AddSingleton<Gate>().AddDaprWorkflow(options =>
        {
            options.RegisterWorkflow<Greeting>();
            options.RegisterActivity<Hello>();
            options.RegisterActivity<Slow>();
            options.RegisterActivity<Unmade>();
            options.RegisterActivity<object?, int>("Broken", (_, _) => throw new InvalidOperationException("no"));
        }));
        await host.StartAsync(Cancelled);
        return host;
    }

    private static IHost Build(ScriptedTaskHub hub, Action<IServiceCollection> configure)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["DAPR_GRPC_ENDPOINT"] = hub.Address, ["DAPR_API_TOKEN"] = "secret" });
        configure(builder.Services);
        return builder.Build();
    }

    private static WorkItem Turn(string name, string id, string input)
    {
        var request = new WorkflowRequest { InstanceId = id };
        request.NewEvents.Add(new HistoryEvent { EventId = -1, Timestamp = new Timestamp(), WorkflowStarted = new WorkflowStartedEvent() });
        request.NewEvents.Add(new HistoryEvent { EventId = -1, ExecutionStarted = new ExecutionStartedEvent { Name = name, Input = input } });
        return new WorkItem { WorkflowRequest = request, CompletionToken = $"token-{id}" };
    }

    private static WorkItem Call(string name, int id, string? input) => new()
    {
        ActivityRequest = new ActivityRequest
        {
            Name = name,
            TaskId = id,
            Input = input,
            TaskExecutionId = $"key {id}",
            WorkflowInstance = new WorkflowInstance { InstanceId = "i1" },
        },
        CompletionToken = "t",
    };

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        while (!condition()) await Task.Delay(10, limit.Token);
    }
}
