using Dapr.Workflow.Protocol;
using Microsoft.Extensions.Logging;
using Kind = Dapr.Workflow.Protocol.HistoryEvent.EventTypeOneofCase;

namespace Dapr.Workflow.Replay;

/// <summary>
/// One turn of one instance: the code runs from its beginning over the whole history, and what it asked for that the history does not have
/// yet is the answer. A turn has no effect of its own, so it may be repeated.
/// </summary>
/// <param name="request">The history and what is new.</param>
/// <param name="create">Creates the workflow of a name.</param>
/// <param name="loggers">Creates the loggers of the workflow.</param>
internal sealed class WorkflowReplay(WorkflowRequest request, Func<string, IWorkflow> create, ILoggerFactory loggers)
{
    private readonly TurnThread _thread = new();
    private readonly Queue<HistoryEvent> _held = new();
    private DateTime _now;
    private ReplayContext? _context;
    private Task<object?>? _workflow;
    private bool _isSuspended;
    private bool _isTerminated;

    /// <summary>Runs the turn on the calling thread, which it does not leave.</summary>
    public WorkflowResponse Run()
    {
        var outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            foreach (var past in request.PastEvents) Take(past, replays: true);
            foreach (var fresh in request.NewEvents) Take(fresh, replays: false);
            return Answer(Actions());
        }
        catch (Exception error)
        {
            // The history does not fit, or code the workflow started and did not wait for threw: no turn to come would end otherwise.
            return Answer([TurnResult.Failed(_context?.Tasks.NextId() ?? 0, error)]);
        }
        finally
        {
            _thread.End();
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }

    private WorkflowResponse Answer(IEnumerable<WorkflowAction> actions)
    {
        var response = new WorkflowResponse { InstanceId = request.InstanceId, CustomStatus = _context?.CustomStatus };
        response.Actions.AddRange(actions);
        return response;
    }

    private IEnumerable<WorkflowAction> Actions()
    {
        if (_isTerminated) return [TurnResult.Terminated(_context?.Tasks.NextId() ?? 0)];
        // What was asked for before the suspension is asked for again by the replay that follows the resumption.
        if (_context is null || _workflow is null || _isSuspended) return [];

        var tasks = _context.Tasks;
        var isStuck = !_workflow.IsCompleted && tasks.IsEmpty && !_context.Events.AreAwaited;
        if (_context.Continuation is { } continuation)
            return [.. tasks.NewActions, TurnResult.Continued(tasks.NextId(), continuation, _context.Events.Unprocessed)];
        if (_workflow.IsCompleted) return [.. tasks.NewActions, TurnResult.Ended(tasks.NextId(), _workflow)];
        return isStuck ? [TurnResult.Failed(tasks.NextId(), Stuck())] : tasks.NewActions;
    }

    private static NonDeterministicWorkflowException Stuck() =>
        new("The workflow waits for something that is no task of its context, which no replay can bring back.");

    private void Take(HistoryEvent happened, bool replays)
    {
        if (_context is not null) _context.Replays = replays;
        switch (happened.EventTypeCase)
        {
            case Kind.ExecutionTerminated:
                _isTerminated = true;
                break;
            case Kind.ExecutionSuspended:
                _isSuspended = true;
                break;
            case Kind.ExecutionResumed:
                _isSuspended = false;
                while (_held.TryDequeue(out var held)) Apply(held, replays);
                break;
            case var _ when _isSuspended:
                _held.Enqueue(happened);
                break;
            default:
                Apply(happened, replays);
                break;
        }
    }

    private void Apply(HistoryEvent happened, bool replays)
    {
        switch (happened.EventTypeCase)
        {
            case Kind.WorkflowStarted:
                _now = happened.Timestamp?.ToDateTime() ?? _now;
                _context?.BeginTurn(_now);
                break;
            case Kind.ExecutionStarted:
                Start(happened.ExecutionStarted, replays);
                break;
            default:
                if (_context is null) break;
                // Outside the workflow's thread, so that the code that waits is queued in order and not run in the middle of the match.
                HistoryMatch.Apply(happened, _context);
                _thread.Run(static () => { });
                break;
        }
    }

    private void Start(ExecutionStartedEvent started, bool replays)
    {
        var context = new ReplayContext(request.InstanceId, started, _now, _thread, loggers) { Replays = replays };
        _context = context;
        _thread.Run(() => _workflow = RunAsync());

        async Task<object?> RunAsync()
        {
            var workflow = create(started.Name);
            return await workflow.RunAsync(context, WorkflowJson.Read(started.Input, workflow.InputType));
        }
    }
}
