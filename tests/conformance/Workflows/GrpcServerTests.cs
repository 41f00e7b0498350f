using Agents.Conformance.Processes;
using Dapr.Workflow.Protocol;
using Google.Protobuf.WellKnownTypes;

namespace Agents.Conformance.Workflows;

/// <summary>What comes over the gRPC port and is wrong: a clear status, never a hang, and the runtime goes on.</summary>
public sealed class GrpcServerTests : IAsyncLifetime
{
    private const string Service = "/TaskHubSidecarService/";
    private const int InvalidArgument = 3, DeadlineExceeded = 4, ResourceExhausted = 8, FailedPrecondition = 9, Unimplemented = 12, Internal = 13, Unauthenticated = 16;

    private readonly World _world = new();
    private GrpcClient? _grpc;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private GrpcClient Grpc => _grpc!;

    public async ValueTask InitializeAsync()
    {
        _world.AddSqlite();
        _world.AddCaller("app");
        _world.AddCaller("guarded", "  env:\n    DAPR_API_TOKEN: s3cret\n");
        await _world.StartAsync(Cancel);
        _grpc = new(_world.GrpcPort());
    }

    public async ValueTask DisposeAsync()
    {
        _grpc?.Dispose();
        await _world.DisposeAsync();
    }

    [Fact]
    public async Task Wrong_calls_get_the_status_that_says_why()
    {
        byte[] garbage = GrpcClient.Frame([0xFF, 0xFF, 0xFF]), compressed = [1, 0, 0, 0, 0];
        (string Path, byte[] Body, int Status)[] calls =
        [
            ("/NoSuchService/Hello", GrpcClient.Frame([]), Unimplemented),
            (Service + "NoSuchMethod", GrpcClient.Frame([]), Unimplemented),
            ("/nonsense", GrpcClient.Frame([]), Unimplemented),
            (Service + "RerunWorkflowFromEvent", GrpcClient.Frame([]), Unimplemented),
            (Service + "StartInstance", garbage, Internal),
            (Service + "StartInstance", compressed, Unimplemented),
            (Service + "StartInstance", [], Internal),
            (Service + "StartInstance", [0, 0, 0, 0, 9, 1], Internal),
            (Service + "StartInstance", GrpcClient.Frame([]), InvalidArgument),
            (Service + "StartInstance", GrpcClient.Frame(new byte[5 << 20]), ResourceExhausted),
        ];
        foreach (var (path, body, status) in calls) Assert.Equal((path, status), (path, (await Grpc.SendAsync(path, body, Cancel)).Status));
        Assert.Equal(0, (await Grpc.CallAsync("Hello", new Empty(), Cancel)).Status);
    }

    [Fact]
    public async Task A_deadline_ends_what_waits_and_the_token_is_asked_for()
    {
        var wait = new GetInstanceRequest { InstanceId = "none" };
        var late = await Grpc.SendAsync(Service + "WaitForInstanceStart", GrpcClient.Frame(Google.Protobuf.MessageExtensions.ToByteArray(wait)), Cancel, ("grpc-timeout", "200m"));
        Assert.Equal(DeadlineExceeded, late.Status);

        using var guarded = new GrpcClient(_world.GrpcPort(1));
        Assert.Equal(Unauthenticated, (await guarded.CallAsync("Hello", new Empty(), Cancel)).Status);
        Assert.Equal(0, (await guarded.SendAsync(Service + "Hello", GrpcClient.Frame([]), Cancel, ("dapr-api-token", "s3cret"))).Status);
    }

    [Fact]
    public async Task Without_an_actor_state_store_the_reason_is_told()
    {
        await using var world = new World();
        world.AddCaller("app");
        await world.StartAsync(Cancel);
        using var grpc = new GrpcClient(world.GrpcPort());

        var answer = await grpc.CallAsync("GetInstance", new GetInstanceRequest { InstanceId = "x" }, Cancel);

        Assert.Equal(FailedPrecondition, answer.Status);
        Assert.Contains("actorStateStore", answer.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_makes_no_sense_ends_the_workflow_with_the_reason()
    {
        (string Id, WorkflowAction Action, int Status, string Reason)[] wrong =
        [
            ("none", new() { Id = 1 }, InvalidArgument, "no known kind"),
            ("timer", new() { Id = 1, CreateTimer = new() }, InvalidArgument, "no time"),
            ("name", new() { Id = 1, ScheduleTask = new() }, InvalidArgument, "1 to 1024"),
            ("status", new() { Id = 1, CompleteWorkflow = new() { WorkflowStatus = OrchestrationStatus.Suspended } }, InvalidArgument, "cannot end"),
            ("send", new() { Id = 1, SendEvent = new() { Name = "x" } }, 0, "don't know how to process outbound message"),
        ];
        await using var items = Grpc.StreamAsync("GetWorkItems", new GetWorkItemsRequest(), WorkItem.Parser, Cancel).GetAsyncEnumerator(Cancel);
        foreach (var (id, action, status, reason) in wrong)
        {
            var starting = Grpc.CallAsync("StartInstance", new CreateInstanceRequest { InstanceId = id, Name = "any" }, Cancel);
            Assert.True(await items.MoveNextAsync());
            var answer = new WorkflowResponse { InstanceId = id, CompletionToken = items.Current.CompletionToken };
            answer.Actions.Add(action);

            Assert.Equal((id, status), (id, (await Grpc.CallAsync("CompleteOrchestratorTask", answer, Cancel)).Status));

            Assert.Equal(0, (await starting).Status);
            var state = await Grpc.CallAsync("GetInstance", new GetInstanceRequest { InstanceId = id, GetInputsAndOutputs = true }, GetInstanceResponse.Parser, Cancel);
            Assert.Equal(OrchestrationStatus.Failed, state.WorkflowState.WorkflowStatus);
            Assert.Contains(reason, state.WorkflowState.FailureDetails.ErrorMessage, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_answer_that_is_too_large_ends_what_it_was_about_and_a_second_answer_is_refused()
    {
        await using var items = Grpc.StreamAsync("GetWorkItems", new GetWorkItemsRequest(), WorkItem.Parser, Cancel).GetAsyncEnumerator(Cancel);
        var starting = Grpc.CallAsync("StartInstance", new CreateInstanceRequest { InstanceId = "large", Name = "any" }, Cancel);
        Assert.True(await items.MoveNextAsync());
        var schedule = new WorkflowResponse { InstanceId = "large", CompletionToken = items.Current.CompletionToken };
        schedule.Actions.Add(new WorkflowAction { Id = 0, ScheduleTask = new() { Name = "activity" } });
        Assert.Equal(0, (await Grpc.CallAsync("CompleteWorkflowTask", schedule, Cancel)).Status);
        Assert.NotEqual(0, (await Grpc.CallAsync("CompleteWorkflowTask", schedule, Cancel)).Status);
        await starting;

        Assert.True(await items.MoveNextAsync());
        var result = new ActivityResponse { InstanceId = "large", TaskId = 0, Result = new string('x', 5 << 20) };
        Assert.Equal(ResourceExhausted, (await Grpc.CallAsync("CompleteActivityTask", result, Cancel)).Status);

        Assert.True(await items.MoveNextAsync());
        var failed = items.Current.WorkflowRequest.NewEvents[1].TaskFailed;
        Assert.Contains("max-body-size", failed.FailureDetails.ErrorMessage, StringComparison.Ordinal);
    }
}
