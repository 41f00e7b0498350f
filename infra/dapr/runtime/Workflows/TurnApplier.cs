using Dapr.Workflow.Protocol;
using Google.Protobuf.WellKnownTypes;
using Kind = Dapr.Workflow.Protocol.HistoryEvent.EventTypeOneofCase;
using Wanted = Dapr.Workflow.Protocol.WorkflowAction.WorkflowActionTypeOneofCase;

namespace Agents.LocalRuntime.Workflows;

/// <summary>Says what a worker's answer to a turn changes; nothing is changed here.</summary>
internal sealed class TurnApplier
{
    private readonly Turn _turn;
    private readonly string _appId;
    private readonly DateTimeOffset _now;
    private readonly TurnOutcome _outcome;
    private readonly HashSet<int> _used;
    private readonly ExecutionTerminatedEvent? _termination;
    private readonly TraceContext? _trace;
    private CompleteWorkflowAction? _completion;
    private string? _failure;

    private TurnApplier(Turn turn, string appId, DateTimeOffset now)
    {
        (_turn, _appId, _now) = (turn, appId, now);
        _outcome = new() { State = turn.Before.Clone(), Execution = turn.Execution };
        _used = [.. turn.Past.Where(happened => happened.EventId >= 0).Select(happened => happened.EventId)];
        _termination = turn.Fresh.LastOrDefault(happened => happened.EventTypeCase == Kind.ExecutionTerminated)?.ExecutionTerminated;
        _trace = turn.Beginning?.ParentTraceContext;
        _outcome.History.AddRange(turn.Fresh);
    }

    /// <param name="turn">The turn that was handed out.</param>
    /// <param name="answer">What the worker made of it.</param>
    /// <param name="appId">The app, for what it asks of others.</param>
    /// <param name="now">The time of the events that are added.</param>
    /// <exception cref="MalformedAnswerException">The answer cannot be applied.</exception>
    public static TurnOutcome Apply(Turn turn, WorkflowResponse answer, string appId, DateTimeOffset now) =>
        new TurnApplier(turn, appId, now).Apply(answer);

    /// <summary>The turn ends the instance as failed.</summary>
    public static TurnOutcome Fail(Turn turn, string type, string message, string appId, DateTimeOffset now)
    {
        var applier = new TurnApplier(turn, appId, now);
        applier.End(NextId(turn), new() { WorkflowStatus = OrchestrationStatus.Failed, FailureDetails = Events.Failure(type, message) });
        return applier.Close();
    }

    private TurnOutcome Apply(WorkflowResponse answer)
    {
        _outcome.State.CustomStatus = answer.CustomStatus;
        if (answer.Version is { } version)
        {
            _outcome.History[0] = _turn.Fresh[0].Clone();
            _outcome.History[0].WorkflowStarted.Version = version;
        }

        var completionId = 0;
        foreach (var action in answer.Actions)
        {
            if (action.WorkflowActionTypeCase != Wanted.CompleteWorkflow) Do(action);
            else if (_completion is null) (_completion, completionId) = (action.CompleteWorkflow, action.Id);
        }

        if (_failure is { } failure) End(NextId(_turn), Failed(failure));
        else if (_termination is { } termination && (_completion is null || _completion.WorkflowStatus == OrchestrationStatus.ContinuedAsNew))
            End(completionId == 0 ? NextId(_turn) : completionId, new() { WorkflowStatus = OrchestrationStatus.Terminated, Result = termination.Input });
        else if (_completion?.WorkflowStatus == OrchestrationStatus.ContinuedAsNew) ContinueAsNew(_completion);
        else if (_completion is not null) End(completionId, _completion);
        return Close();
    }

    private void Do(WorkflowAction action)
    {
        if (!_used.Add(action.Id)) throw new MalformedAnswerException($"action id {action.Id} is used twice");
        var happened = Events.At(_now, action.Id);
        switch (action.WorkflowActionTypeCase)
        {
            case Wanted.ScheduleTask:
                Schedule(action, happened);
                break;
            case Wanted.CreateTimer:
                CreateTimer(action.CreateTimer, happened);
                break;
            case Wanted.CreateChildWorkflow:
                CreateChild(action, happened);
                break;
            case Wanted.CreateDetachedWorkflow:
                CreateDetached(action.CreateDetachedWorkflow, happened);
                break;
            case Wanted.SendEvent:
                var send = action.SendEvent;
                happened.EventSent = new() { InstanceId = send.Instance?.InstanceId ?? "", Name = send.Name, Input = send.Data };
                _failure = "don't know how to process outbound message EventSent (raise events from an activity instead)";
                break;
            case Wanted.TerminateWorkflow:
                _failure = "don't know how to process outbound message ExecutionTerminated (terminate from an activity instead)";
                return;
            case Wanted.WorkflowVersionNotAvailable:
                _failure = "the worker does not have the version of the workflow that this instance began with";
                return;
            default:
                throw new MalformedAnswerException($"action {action.Id} is of no known kind");
        }

        _outcome.History.Add(happened);
    }

    private void Schedule(WorkflowAction action, HistoryEvent happened)
    {
        var task = action.ScheduleTask;
        var trace = TraceIds.Child(_trace);
        happened.TaskScheduled = new()
        {
            Name = Named(task.Name, "activity"),
            Version = task.Version,
            Input = task.Input,
            TaskExecutionId = task.TaskExecutionId,
            ParentTraceContext = trace,
        };
        if (Foreign(action.Router ?? task.Router) is { } app)
        {
            _outcome.Replies.Add(Events.ActivityFailed(_now, action.Id, task.TaskExecutionId, Events.Failure("NotSupported", OtherApp(app))));
            return;
        }

        _outcome.Activities.Add(new()
        {
            Name = task.Name,
            Version = task.Version,
            Input = task.Input,
            WorkflowInstance = new() { InstanceId = _turn.Before.InstanceId },
            TaskId = action.Id,
            TaskExecutionId = task.TaskExecutionId,
            ParentTraceContext = trace is null ? null : new() { TraceParent = trace.TraceParent },
        });
    }

    private void CreateTimer(CreateTimerAction timer, HistoryEvent happened)
    {
        var created = new TimerCreatedEvent { FireAt = timer.FireAt };
        if (timer.HasName) created.Name = timer.Name;
        switch (timer.OriginCase)
        {
            case CreateTimerAction.OriginOneofCase.CreateTimer:
                created.CreateTimer = timer.CreateTimer;
                break;
            case CreateTimerAction.OriginOneofCase.ExternalEvent:
                created.ExternalEvent = timer.ExternalEvent;
                break;
            case CreateTimerAction.OriginOneofCase.ActivityRetry:
                created.ActivityRetry = timer.ActivityRetry;
                break;
            case CreateTimerAction.OriginOneofCase.ChildWorkflowRetry:
                created.ChildWorkflowRetry = timer.ChildWorkflowRetry;
                break;
        }

        happened.TimerCreated = created;
        var due = Time(timer.FireAt, $"timer {happened.EventId}");
        var fired = Events.At(due);
        fired.TimerFired = new() { FireAt = timer.FireAt, TimerId = happened.EventId };
        _outcome.Delays.Add((due, fired));
    }

    private void CreateChild(WorkflowAction action, HistoryEvent happened)
    {
        var child = action.CreateChildWorkflow;
        var id = child.InstanceId.Length > 0 ? Named(child.InstanceId, "child id") : $"{_turn.Before.InstanceId}:{action.Id:x4}";
        var trace = TraceIds.Child(_trace);
        happened.ChildWorkflowInstanceCreated = new()
        {
            InstanceId = id,
            Name = Named(child.Name, "workflow"),
            Version = child.Version,
            Input = child.Input,
            ParentTraceContext = trace,
        };
        if (Foreign(action.Router ?? child.Router) is { } app)
        {
            _outcome.Replies.Add(Events.ChildFailed(_now, action.Id, "NotSupported", OtherApp(app)));
            return;
        }

        var started = Events.Started(_now, _appId, id, child.Name, child.Version, child.Input, trace);
        started.ExecutionStarted.ParentInstance = new()
        {
            TaskScheduledId = action.Id,
            Name = _turn.Before.Name,
            WorkflowInstance = new() { InstanceId = _turn.Before.InstanceId, ExecutionId = _turn.Execution },
            AppID = _appId,
        };
        _outcome.Children.Add(new(id, started, new(_turn.Instance, _turn.Execution, action.Id), null));
    }

    private void CreateDetached(CreateDetachedWorkflowAction other, HistoryEvent happened)
    {
        var id = Named(other.InstanceId, "instance id");
        happened.DetachedWorkflowInstanceCreated = new() { InstanceId = id };
        DateTimeOffset? startAt = other.ScheduledStartTimestamp is { } scheduled ? Time(scheduled, $"start of {id}") : null;
        var started = Events.Started(_now, _appId, id, Named(other.Name, "workflow"), other.Version, other.Input, TraceIds.Child(_trace));
        _outcome.Children.Add(new(id, started, null, startAt));
    }

    private void ContinueAsNew(CompleteWorkflowAction completion)
    {
        var old = _turn.Beginning;
        var started = Events.Started(_now, _appId, _turn.Before.InstanceId, _turn.Before.Name, null, completion.Result, old?.ParentTraceContext);
        started.ExecutionStarted.ParentInstance = old?.ParentInstance;
        foreach (var kept in completion.CarryoverEvents)
        {
            if (kept.EventTypeCase == Kind.None) throw new MalformedAnswerException("an event to carry over is of no known kind");
            if (kept.Timestamp is null) kept.Timestamp = Timestamp.FromDateTimeOffset(_now);
        }

        // What the ended execution asked for in its last turn is not done, and what it waited for concerns nobody any more.
        _outcome.Activities.Clear();
        _outcome.Delays.Clear();
        _outcome.Children.Clear();
        _outcome.Replies.Clear();
        _outcome.Restart = [started, .. completion.CarryoverEvents];
        _outcome.Execution = started.ExecutionStarted.WorkflowInstance.ExecutionId;
        var state = _outcome.State;
        (state.Input, state.CreatedTimestamp, state.StartedAt) = (completion.Result, started.Timestamp, null);
    }

    private void End(int id, CompleteWorkflowAction completion)
    {
        if (!completion.WorkflowStatus.IsEnd()) throw new MalformedAnswerException($"a workflow cannot end as {completion.WorkflowStatus}");

        // Workers may leave it to the engine to remember what the instance was terminated with.
        var result = completion.WorkflowStatus == OrchestrationStatus.Terminated ? completion.Result ?? _termination?.Input : completion.Result;
        var ended = Events.At(_now, id);
        ended.ExecutionCompleted = new() { WorkflowStatus = completion.WorkflowStatus, Result = result, FailureDetails = completion.FailureDetails };
        _outcome.History.Add(ended);
        var state = _outcome.State;
        (state.WorkflowStatus, state.Output, state.FailureDetails) = (completion.WorkflowStatus, result, completion.FailureDetails);
        if (_termination is { Recurse: true }) _outcome.Termination = _termination;
    }

    private TurnOutcome Close()
    {
        var state = _outcome.State;
        if (_outcome.Restart is { } restart)
        {
            _outcome.History.Clear();
            (state.WorkflowStatus, state.LastUpdatedTimestamp) = (OrchestrationStatus.Running, restart[0].Timestamp);
            return _outcome;
        }

        // The turn's own time counts as a start only; daprd tells when the last thing happened.
        state.StartedAt ??= _turn.Fresh[0].Timestamp;
        state.LastUpdatedTimestamp = _outcome.History[^1].Timestamp;
        if (!state.HasEnded()) state.WorkflowStatus = IsSuspended() ? OrchestrationStatus.Suspended : OrchestrationStatus.Running;
        return _outcome;
    }

    private bool IsSuspended() =>
        _turn.Fresh.LastOrDefault(happened => happened.EventTypeCase is Kind.ExecutionSuspended or Kind.ExecutionResumed) is { } last
            ? last.EventTypeCase == Kind.ExecutionSuspended
            : _turn.Before.WorkflowStatus == OrchestrationStatus.Suspended;

    private string? Foreign(TaskRouter? router) =>
        router is { HasTargetAppID: true } && router.TargetAppID.Length > 0 && router.TargetAppID != _appId ? router.TargetAppID : null;

    private static string OtherApp(string app) => $"the local runtime runs activities and child workflows of the own app only, not of '{app}'";

    private static CompleteWorkflowAction Failed(string message) =>
        new() { WorkflowStatus = OrchestrationStatus.Failed, FailureDetails = Events.Failure("WorkflowEngineError", message) };

    private static int NextId(Turn turn) => turn.Past.Select(happened => happened.EventId).DefaultIfEmpty(0).Max() + 1;

    private static string Named(string name, string what)
    {
        if (name.Length is > 0 and <= Limits.NameLength) return name;
        throw new MalformedAnswerException($"the name of an {what} must have 1 to {Limits.NameLength} characters");
    }

    private static DateTimeOffset Time(Timestamp? time, string what) =>
        time?.ToInstant() ?? throw new MalformedAnswerException($"{what} has no time, or an impossible one");
}
