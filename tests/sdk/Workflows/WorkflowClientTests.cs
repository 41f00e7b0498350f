using Dapr;
using Dapr.Workflow;
using Dapr.Workflow.Grpc;
using Dapr.Workflow.Protocol;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Http;

namespace Agents.SdkTests.Workflows;

public sealed class WorkflowClientTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_start_sends_name_id_input_and_time()
    {
        await using var hub = await ScriptedTaskHub.StartAsync();
        hub.On("StartInstance", async (context, call) =>
        {
            var id = call.Read(CreateInstanceRequest.Parser).InstanceId;
            await ScriptedTaskHub.WriteAsync(context, new CreateInstanceResponse { InstanceId = id });
            ScriptedTaskHub.End(context, GrpcStatus.OK);
        });
        await using var client = Client(hub, "secret");
        var start = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

        Assert.Equal("mine", await client.ScheduleNewWorkflowAsync("w", "mine", new { A = 1 }));
        Assert.NotEmpty(await client.ScheduleNewWorkflowAsync("w"));
        await client.ScheduleNewWorkflowAsync("w", "later", "x", start);

        var requests = hub.Calls.Select(call => call.Read(CreateInstanceRequest.Parser)).ToList();
        Assert.Equal(new CreateInstanceRequest { InstanceId = "mine", Name = "w", Input = "{\"a\":1}" }, requests[0]);
        Assert.Equal("", requests[1].Input);
        Assert.Equal(start, requests[2].ScheduledStartTimestamp.ToDateTime());
        var call = hub.Calls[0];
        Assert.Equal(("secret", "application/grpc", "trailers", "HTTP/2"), (call.Token, call.ContentType, call.Te, call.Protocol));
    }

    [Fact]
    public async Task A_state_tells_what_the_sidecar_knows()
    {
        await using var hub = await ScriptedTaskHub.StartAsync();
        var created = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        hub.On("GetInstance", new GetInstanceResponse
        {
            Exists = true,
            WorkflowState = new Dapr.Workflow.Protocol.WorkflowState
            {
                Name = "w",
                WorkflowStatus = OrchestrationStatus.Failed,
                CreatedTimestamp = Timestamp.FromDateTimeOffset(created),
                Input = "1",
                CustomStatus = "\"half\"",
                Output = "",
                FailureDetails = new TaskFailureDetails { ErrorType = "E", ErrorMessage = "no" },
            },
        });
        await using var client = Client(hub);

        var state = await client.GetWorkflowStateAsync("i", cancellation: Cancelled);

        Assert.Equal(("w", true, true, false), (state.WorkflowName, state.Exists, state.IsWorkflowCompleted, state.IsWorkflowRunning));
        Assert.Equal((WorkflowRuntimeStatus.Failed, created), (state.RuntimeStatus, state.CreatedAt));
        Assert.Equal((1, "half", 0), (state.ReadInputAs<int>(), state.ReadCustomStatusAs<string>(), state.ReadOutputAs<int>()));
        Assert.Equal("E: no", state.FailureDetails!.ToString());
        Assert.Equal(new GetInstanceRequest { InstanceId = "i", GetInputsAndOutputs = true }, hub.Calls[0].Read(GetInstanceRequest.Parser));
    }

    [Fact]
    public async Task An_instance_that_does_not_exist_is_no_state_and_cannot_be_waited_for()
    {
        await using var hub = await ScriptedTaskHub.StartAsync();
        hub.On("GetInstance", new GetInstanceResponse()).On("WaitForInstanceStart", new GetInstanceResponse());
        await using var client = Client(hub);

        var state = await client.GetWorkflowStateAsync("i", cancellation: Cancelled);

        Assert.Equal((false, WorkflowRuntimeStatus.Unknown), (state.Exists, state.RuntimeStatus));
        await Assert.ThrowsAsync<InvalidOperationException>(() => client.WaitForWorkflowStartAsync("i", cancellation: Cancelled));
    }

    [Fact]
    public async Task A_wait_that_breaks_begins_again()
    {
        await using var hub = await ScriptedTaskHub.StartAsync();
        var attempts = 0;
        hub.On("WaitForInstanceCompletion", async (context, _) =>
        {
            switch (attempts++)
            {
                case 0:
                    ScriptedTaskHub.End(context, GrpcStatus.Unavailable, "going");
                    return;
                case 1:
                    context.Abort();
                    return;
                case 2:
                    context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                    return;
            }

            await ScriptedTaskHub.WriteAsync(context, new GetInstanceResponse
            {
                Exists = true,
                WorkflowState = new Dapr.Workflow.Protocol.WorkflowState { WorkflowStatus = OrchestrationStatus.Completed, Output = "7" },
            });
            ScriptedTaskHub.End(context, GrpcStatus.OK);
        });
        await using var client = Client(hub);

        var state = await client.WaitForWorkflowCompletionAsync("i", cancellation: Cancelled);

        Assert.Equal((7, 4), (state.ReadOutputAs<int>(), attempts));
    }

    [Fact]
    public async Task A_wait_ends_when_it_is_cancelled()
    {
        await using var hub = await ScriptedTaskHub.StartAsync();
        var asked = new TaskCompletionSource();
        hub.On("WaitForInstanceStart", (context, _) =>
        {
            asked.TrySetResult();
            return Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        await using var client = Client(hub);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);

        var wait = client.WaitForWorkflowStartAsync("i", cancellation: cancel.Token);
        await asked.Task.WaitAsync(Cancelled);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
    }

    [Fact]
    public async Task Steering_sends_what_it_is_given()
    {
        await using var hub = await ScriptedTaskHub.StartAsync();
        hub.On("RaiseEvent", new RaiseEventResponse()).On("TerminateInstance", new TerminateResponse());
        hub.On("SuspendInstance", new SuspendResponse()).On("ResumeInstance", new ResumeResponse());
        hub.On("PurgeInstances", new PurgeInstancesResponse { DeletedInstanceCount = 2 });
        await using var client = Client(hub);

        await client.RaiseEventAsync("i", "go", 5, Cancelled);
        await client.TerminateWorkflowAsync("i", "why", Cancelled);
        await client.SuspendWorkflowAsync("i", "break", Cancelled);
        await client.ResumeWorkflowAsync("i", null, Cancelled);
        Assert.True(await client.PurgeInstanceAsync("i", Cancelled));

        IMessage[] expected =
        [
            new RaiseEventRequest { InstanceId = "i", Name = "go", Input = "5" },
            new TerminateRequest { InstanceId = "i", Output = "\"why\"", Recursive = true },
            new SuspendRequest { InstanceId = "i", Reason = "break" },
            new ResumeRequest { InstanceId = "i" },
            new PurgeInstancesRequest { InstanceId = "i", Recursive = true },
        ];
        Assert.Equal(expected.Select(it => it.ToByteArray()), hub.Calls.Select(call => call.Body));
    }

    [Theory]
    [InlineData(6, "an%20active workflow %27i%27", "AlreadyExists", "an active workflow 'i'", false)]
    [InlineData(14, "later", "Unavailable", "later", true)]
    [InlineData(99, "odd", "Unknown", "odd", false)]
    public async Task A_refusal_has_the_name_of_its_status(int status, string sent, string code, string message, bool isTransient)
    {
        await using var hub = await ScriptedTaskHub.StartAsync();
        hub.On("StartInstance", (GrpcStatus)status, sent);
        await using var client = Client(hub);

        var error = await Assert.ThrowsAsync<DaprApiException>(() => client.ScheduleNewWorkflowAsync("w", "i"));

        Assert.Equal((code, message, isTransient), (error.ErrorCode, error.Message, error.IsTransient));
    }

    [Fact]
    public async Task An_answer_that_is_not_what_it_should_be_is_an_error_and_no_hang()
    {
        await using var hub = await ScriptedTaskHub.StartAsync();
        byte[][] bodies = [[], [0, 0, 0, 0, 9, 1], [1, 0, 0, 0, 0], [0, 255, 255, 255, 255], [0, 0, 0, 0, 1, 255], [0, 0, 0, 0, 0]];
        string[] codes = ["Internal", "Unavailable", "Internal", "ResourceExhausted", "Internal", "Unknown"];
        await using var client = Client(hub);
        foreach (var (body, code) in bodies.Zip(codes))
        {
            hub.On("StartInstance", async (context, _) =>
            {
                await context.Response.Body.WriteAsync(body, Cancelled);
                if (body.Length == 0) ScriptedTaskHub.End(context, GrpcStatus.OK);
            });
            var error = await Assert.ThrowsAsync<DaprApiException>(() => client.ScheduleNewWorkflowAsync("w", "i"));
            Assert.Equal(code, error.ErrorCode);
        }
    }

    [Fact]
    public async Task A_sidecar_that_is_not_there_is_unavailable()
    {
        await using var client = new DaprWorkflowClient(new TaskHub("http://127.0.0.1:1", null), TimeProvider.System);

        var error = await Assert.ThrowsAsync<DaprApiException>(() => client.RaiseEventAsync("i", "e", cancellation: Cancelled));

        Assert.Equal(("Unavailable", true), (error.ErrorCode, error.IsTransient));
        await Assert.ThrowsAsync<ArgumentException>(() => client.GetWorkflowStateAsync("", cancellation: Cancelled));
    }

    private static DaprWorkflowClient Client(ScriptedTaskHub hub, string? token = null) => new(new TaskHub(hub.Address, token), TimeProvider.System);
}
