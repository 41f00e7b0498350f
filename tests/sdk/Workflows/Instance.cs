using System.Globalization;
using Dapr.Workflow;
using Dapr.Workflow.Protocol;
using Dapr.Workflow.Replay;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Agents.SdkTests.Workflows;

/// <summary>
/// One instance and its history, kept as the sidecar keeps it. Every turn is run twice and must come out the same; what it asks for
/// becomes part of the history.
/// </summary>
internal sealed class Instance(Func<string, IWorkflow> create, object? input = null, ILoggerFactory? loggers = null)
{
    private readonly List<HistoryEvent> _history = [];
    private object? _input = input;
    private int _executions;

    public DateTime Now { get; set; } = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    public string? Status { get; private set; }

    public CompleteWorkflowAction? End { get; private set; }

    public List<WorkflowAction> Actions { get; } = [];

    public List<HistoryEvent> History => _history;

    public static Instance Of<TInput, TOutput>(
        Func<WorkflowContext, TInput, Task<TOutput>> run, TInput input, ILoggerFactory? loggers = null) => new(_ => new Function<TInput, TOutput>(run), input, loggers);

    /// <summary>Runs a turn over what happened, and tells what the workflow asks for.</summary>
    public string Turn(params HistoryEvent[] happened)
    {
        var request = new WorkflowRequest { InstanceId = "i" };
        request.PastEvents.AddRange(_history);
        request.NewEvents.Add(Event(it => it.WorkflowStarted = new WorkflowStartedEvent()));
        if (_history.Count == 0) request.NewEvents.Add(Event(it => it.ExecutionStarted = Started()));
        request.NewEvents.AddRange(happened);

        var response = new WorkflowReplay(request, create, loggers ?? NullLoggerFactory.Instance).Run();
        // The same turn again, in which nothing may be logged a second time.
        Assert.Equal(response, new WorkflowReplay(request, create, NullLoggerFactory.Instance).Run());
        Commit(request, response);
        return string.Join("; ", response.Actions.Select(Describe));
    }

    /// <summary>An event at the time of the turn.</summary>
    public HistoryEvent Event(Action<HistoryEvent> fill, int id = -1)
    {
        var happened = new HistoryEvent { EventId = id, Timestamp = Timestamp.FromDateTime(Now) };
        fill(happened);
        return happened;
    }

    public HistoryEvent Completed(int id, string? json) =>
        Event(it => it.TaskCompleted = new TaskCompletedEvent { TaskScheduledId = id, Result = json });

    public HistoryEvent Failed(int id, string type, string message) => Event(it => it.TaskFailed = new TaskFailedEvent
    {
        TaskScheduledId = id,
        FailureDetails = new TaskFailureDetails { ErrorType = type, ErrorMessage = message },
    });

    public HistoryEvent Fired(int id) => Event(it => it.TimerFired = new TimerFiredEvent { TimerId = id });

    public HistoryEvent Raised(string name, string? json) => Event(it => it.EventRaised = new EventRaisedEvent { Name = name, Input = json });

    public HistoryEvent Suspended() => Event(it => it.ExecutionSuspended = new ExecutionSuspendedEvent());

    public HistoryEvent Resumed() => Event(it => it.ExecutionResumed = new ExecutionResumedEvent());

    private ExecutionStartedEvent Started() => new()
    {
        Name = "w",
        Input = WorkflowJson.Write(_input),
        WorkflowInstance = new WorkflowInstance { InstanceId = "i", ExecutionId = $"e{_executions++}" },
    };

    private void Commit(WorkflowRequest request, WorkflowResponse response)
    {
        Status = response.CustomStatus;
        Actions.Clear();
        Actions.AddRange(response.Actions);
        _history.AddRange(request.NewEvents);
        _history.AddRange(response.Actions.Select(Scheduled).OfType<HistoryEvent>());
        if (response.Actions.LastOrDefault()?.CompleteWorkflow is not { } end) return;
        End = end;
        if (end.WorkflowStatus != OrchestrationStatus.ContinuedAsNew) return;
        _history.Clear();
        _input = WorkflowJson.Read<System.Text.Json.JsonElement>(end.Result);
    }

    private HistoryEvent? Scheduled(WorkflowAction action) => action.WorkflowActionTypeCase switch
    {
        WorkflowAction.WorkflowActionTypeOneofCase.ScheduleTask => Event(
            it => it.TaskScheduled = new TaskScheduledEvent { Name = action.ScheduleTask.Name, TaskExecutionId = action.ScheduleTask.TaskExecutionId }, action.Id),
        WorkflowAction.WorkflowActionTypeOneofCase.CreateTimer => Event(
            it => it.TimerCreated = new TimerCreatedEvent { FireAt = action.CreateTimer.FireAt }, action.Id),
        WorkflowAction.WorkflowActionTypeOneofCase.CreateChildWorkflow => Event(
            it => it.ChildWorkflowInstanceCreated = new ChildWorkflowInstanceCreatedEvent
            {
                Name = action.CreateChildWorkflow.Name,
                InstanceId = action.CreateChildWorkflow.InstanceId,
            }, action.Id),
        WorkflowAction.WorkflowActionTypeOneofCase.SendEvent => Event(
            it => it.EventSent = new EventSentEvent { Name = action.SendEvent.Name, InstanceId = action.SendEvent.Instance.InstanceId }, action.Id),
        _ => null,
    };

    private string Describe(WorkflowAction action) => action.WorkflowActionTypeCase switch
    {
        WorkflowAction.WorkflowActionTypeOneofCase.ScheduleTask => $"{action.Id} {action.ScheduleTask.Name}({action.ScheduleTask.Input})",
        WorkflowAction.WorkflowActionTypeOneofCase.CreateTimer =>
            $"{action.Id} +{(action.CreateTimer.FireAt.ToDateTime() - Now).TotalSeconds.ToString(CultureInfo.InvariantCulture)}s {action.CreateTimer.OriginCase}",
        WorkflowAction.WorkflowActionTypeOneofCase.CreateChildWorkflow =>
            $"{action.Id} child {action.CreateChildWorkflow.Name}({action.CreateChildWorkflow.Input}) as {action.CreateChildWorkflow.InstanceId}",
        WorkflowAction.WorkflowActionTypeOneofCase.SendEvent =>
            $"{action.Id} send {action.SendEvent.Name}({action.SendEvent.Data}) to {action.SendEvent.Instance.InstanceId}",
        _ => $"{action.Id} {action.CompleteWorkflow.WorkflowStatus} {action.CompleteWorkflow.Result ?? action.CompleteWorkflow.FailureDetails?.ErrorMessage}".TrimEnd(),
    };

    private sealed class Function<TInput, TOutput>(Func<WorkflowContext, TInput, Task<TOutput>> run) : Workflow<TInput, TOutput>
    {
        public override Task<TOutput> RunAsync(WorkflowContext context, TInput input) => run(context, input);
    }
}
