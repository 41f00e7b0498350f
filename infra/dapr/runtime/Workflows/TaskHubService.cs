using Agents.LocalRuntime.Grpc;
using Dapr.Workflow.Protocol;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Agents.LocalRuntime.Workflows;

/// <summary>The gRPC service that workers and workflow clients call.</summary>
internal static class TaskHubService
{
    public const string Name = "TaskHubSidecarService";

    private const int LargestPage = 1024;

    public static IReadOnlyDictionary<string, Func<GrpcCall, Task>> Methods { get; } = new Dictionary<string, Func<GrpcCall, Task>>
    {
        ["Hello"] = call => AnswerAsync(call, Empty.Parser, (_, _) => Task.FromResult(new Empty())),
        ["GetWorkItems"] = async call =>
        {
            await call.ReadAsync(GetWorkItemsRequest.Parser);
            await Engine(call).ServeAsync(call);
        },
        ["CompleteOrchestratorTask"] = CompleteTurnAsync,
        ["CompleteWorkflowTask"] = CompleteTurnAsync,
        ["CompleteActivityTask"] = CompleteActivityAsync,
        ["StartInstance"] = call => AnswerAsync(call, CreateInstanceRequest.Parser, async (engine, request) =>
        {
            await engine.StartAsync(request, call.TraceParent, call.Ended);
            if (request.ScheduledStartTimestamp is null) await engine.WaitAsync(request.InstanceId, state => !IsPending(state), call.Ended);
            return new CreateInstanceResponse { InstanceId = request.InstanceId };
        }),
        ["GetInstance"] = call => AnswerAsync(call, GetInstanceRequest.Parser, (engine, request) => Task.FromResult(State(engine.Find(request.InstanceId), request))),
        ["WaitForInstanceStart"] = call => WaitAsync(call, state => state is not null && !IsPending(state)),
        ["WaitForInstanceCompletion"] = call => WaitAsync(call, state => state is not null && state.HasEnded()),
        ["RaiseEvent"] = call => AnswerAsync(call, RaiseEventRequest.Parser, async (engine, request) =>
        {
            await engine.RaiseAsync(request.InstanceId, request.Name, request.Input, call.Ended);
            return new RaiseEventResponse();
        }),
        ["SuspendInstance"] = call => AnswerAsync(call, SuspendRequest.Parser, async (engine, request) =>
        {
            await engine.SuspendAsync(request.InstanceId, request.Reason, call.Ended);
            return new SuspendResponse();
        }),
        ["ResumeInstance"] = call => AnswerAsync(call, ResumeRequest.Parser, async (engine, request) =>
        {
            await engine.ResumeAsync(request.InstanceId, request.Reason, call.Ended);
            return new ResumeResponse();
        }),
        ["TerminateInstance"] = call => AnswerAsync(call, TerminateRequest.Parser, async (engine, request) =>
        {
            await engine.TerminateAsync(request.InstanceId, request.Output, request.Recursive, call.Ended);
            return new TerminateResponse();
        }),
        ["PurgeInstances"] = call => AnswerAsync(call, PurgeInstancesRequest.Parser, PurgeAsync),
        ["ListInstanceIDs"] = call => AnswerAsync(call, ListInstanceIDsRequest.Parser, (engine, request) => Task.FromResult(List(engine, request))),
        ["GetInstanceHistory"] = call => AnswerAsync(call, GetInstanceHistoryRequest.Parser, (engine, request) =>
        {
            var response = new GetInstanceHistoryResponse();
            response.Events.AddRange(engine.History(request.InstanceId));
            return Task.FromResult(response);
        }),
        ["RerunWorkflowFromEvent"] = _ => throw new GrpcException(GrpcStatus.Unimplemented, "the local runtime cannot run a workflow again from one of its events"),
    };

    private static WorkflowEngine Engine(GrpcCall call) => call.Sidecar.Workflows ?? throw new GrpcException(
        GrpcStatus.FailedPrecondition,
        "the state store is not configured to use the actor runtime. Have you set the - name: actorStateStore value: \"true\" in your state store component file?");

    private static async Task AnswerAsync<TRequest, TResponse>(
        GrpcCall call, MessageParser<TRequest> parser, Func<WorkflowEngine, TRequest, Task<TResponse>> answer)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage
    {
        var request = await call.ReadAsync(parser);
        call.Answer(await answer(Engine(call), request));
    }

    private static Task WaitAsync(GrpcCall call, Func<WorkflowState?, bool> until) => AnswerAsync(
        call, GetInstanceRequest.Parser, async (engine, request) => State(await engine.WaitAsync(request.InstanceId, until, call.Ended), request));

    private static async Task CompleteTurnAsync(GrpcCall call)
    {
        var answer = await call.ReadAsync(WorkflowResponse.Parser, beginning => RefuseAsync(call, beginning, isActivity: false));
        await Engine(call).CompleteAsync(answer, call.ConnectionId);
        call.Answer(new CompleteTaskResponse());
    }

    private static async Task CompleteActivityAsync(GrpcCall call)
    {
        var answer = await call.ReadAsync(ActivityResponse.Parser, beginning => RefuseAsync(call, beginning, isActivity: true));
        await Engine(call).CompleteAsync(answer, call.ConnectionId);
        call.Answer(new CompleteTaskResponse());
    }

    /// <summary>
    /// An answer that is too long is not read, but its worker believes to have answered. Its beginning says what it is about (the ids are the
    /// first fields of both messages), and that ends as failed.
    /// </summary>
    private static async Task RefuseAsync(GrpcCall call, ReadOnlyMemory<byte> beginning, bool isActivity)
    {
        string? instanceId = null;
        int? taskId = null;
        try
        {
            var input = new CodedInputStream(beginning.ToArray());
            if (input.ReadTag() == WireFormat.MakeTag(1, WireFormat.WireType.LengthDelimited)) instanceId = input.ReadString();
            if (isActivity) taskId = input.ReadTag() == WireFormat.MakeTag(2, WireFormat.WireType.Varint) ? input.ReadInt32() : 0;
        }
        catch (InvalidProtocolBufferException)
        {
            // Not what it should be; nothing can be said of it.
        }

        if (instanceId is not null)
            await Engine(call).RefuseAsync(instanceId, taskId, $"the worker's answer is larger than {call.Sidecar.Spec.MaxBodySize} bytes, the sidecar's max-body-size");
    }

    private static async Task<PurgeInstancesResponse> PurgeAsync(WorkflowEngine engine, PurgeInstancesRequest request)
    {
        if (request.RequestCase != PurgeInstancesRequest.RequestOneofCase.InstanceId)
            throw new GrpcException(GrpcStatus.Unimplemented, "instances are purged by their id, not by a filter");
        return new() { DeletedInstanceCount = await engine.PurgeAsync(request.InstanceId, request.Recursive, request is { HasForce: true, Force: true }) };
    }

    private static ListInstanceIDsResponse List(WorkflowEngine engine, ListInstanceIDsRequest request)
    {
        var size = request.HasPageSize && request.PageSize is > 0 and <= LargestPage ? (int)request.PageSize : LargestPage;
        var ids = engine.List(request.ContinuationToken, size + 1);
        var response = new ListInstanceIDsResponse();
        response.InstanceIds.AddRange(ids.Take(size));
        if (ids.Count > size) response.ContinuationToken = ids[size - 1];
        return response;
    }

    private static bool IsPending(WorkflowState? state) => state is { WorkflowStatus: OrchestrationStatus.Pending };

    private static GetInstanceResponse State(WorkflowState? state, GetInstanceRequest request) =>
        state is null ? new() : new() { Exists = true, WorkflowState = request.GetInputsAndOutputs ? state : state.WithoutPayloads() };
}
