using Agents.LocalRuntime.Grpc;
using Agents.LocalRuntime.Sqlite;
using Agents.LocalRuntime.Workflows.Storage;
using Dapr.Workflow.Protocol;
using Kind = Dapr.Workflow.Protocol.HistoryEvent.EventTypeOneofCase;

namespace Agents.LocalRuntime.Workflows;

/// <summary>
/// The changes that are made to instances, each within one transaction of the database: what an instance asks of others reaches them in the
/// same commit as it reaches its own history.
/// </summary>
internal sealed class WorkflowTransaction(SqliteConnection connection, string app, DateTimeOffset now)
{
    public Changes Changes { get; } = new();

    public DateTimeOffset Now => now;

    /// <exception cref="NoSuchInstanceException">There is none.</exception>
    public InstanceRow Existing(string id) => InstanceTable.Find(connection, app, id) ?? throw new NoSuchInstanceException();

    /// <returns>False when the id is in use.</returns>
    public bool TryCreate(NewInstance wanted)
    {
        if (InstanceTable.Find(connection, app, wanted.Id) is { } old)
        {
            if (IsActive(old)) return false;
            InstanceTable.Delete(connection, old.Key);
        }

        var started = wanted.Started.ExecutionStarted;
        var state = new WorkflowState
        {
            InstanceId = wanted.Id,
            Name = started.Name,
            Version = started.Version,
            WorkflowStatus = OrchestrationStatus.Pending,
            CreatedTimestamp = wanted.Started.Timestamp,
            LastUpdatedTimestamp = wanted.Started.Timestamp,
            ScheduledStartTimestamp = started.ScheduledStartTimestamp,
            Input = started.Input,
            ParentInstanceId = started.ParentInstance?.WorkflowInstance.InstanceId,
        };
        var waits = wanted.StartAt is { } at && at > now;
        var key = InstanceTable.Insert(connection, app, new(0, wanted.Id, started.WorkflowInstance.ExecutionId, !waits, wanted.Parent, state));
        if (waits) Delay(key, wanted.StartAt!.Value, wanted.Started);
        else Put(key, wanted.Started);
        Changes.States.Add(state);
        return true;
    }

    /// <summary>Puts an event into the inbox; an instance that has ended takes none.</summary>
    /// <exception cref="GrpcException">Too many are waiting.</exception>
    public void Deliver(InstanceRow instance, HistoryEvent arrived)
    {
        if (instance.HasEnded) return;
        if (InboxTable.Count(connection, instance.Key) >= Limits.PendingEvents)
            throw new GrpcException(GrpcStatus.ResourceExhausted, $"{Limits.PendingEvents} events are waiting for instance '{instance.Id}' already");
        Put(instance.Key, arrived, instance.IsStarted);
    }

    /// <summary>Asks an instance to end, or ends it at once when it has not begun.</summary>
    public void Terminate(InstanceRow instance, ExecutionTerminatedEvent termination)
    {
        if (instance.HasEnded) return;
        var terminated = Events.At(now);
        terminated.ExecutionTerminated = termination;
        if (instance.IsStarted)
        {
            Put(instance.Key, terminated);
            return;
        }

        var state = instance.State.Clone();
        (state.WorkflowStatus, state.Output, state.LastUpdatedTimestamp) = (OrchestrationStatus.Terminated, termination.Input, terminated.Timestamp);
        HistoryTable.Append(connection, instance.Key, 0, [terminated]);
        Close(instance, state);
    }

    /// <summary>Commits a turn.</summary>
    /// <returns>False when the instance was removed, or went on without this turn.</returns>
    public bool Commit(Turn turn, TurnOutcome outcome)
    {
        if (InstanceTable.Find(connection, turn.Instance) is not { } instance || instance.Execution != turn.Execution) return false;
        InboxTable.Delete(connection, turn.Instance, turn.LastSeq);
        if (outcome.Restart is { } restart) Restart(turn.Instance, restart);
        else HistoryTable.Append(connection, turn.Instance, turn.Past.Count, outcome.History);
        foreach (var request in outcome.Activities) Changes.Activities.Add(ActivityTable.Insert(connection, turn.Instance, turn.Execution, request));
        foreach (var (due, later) in outcome.Delays) Delay(turn.Instance, due, later);
        foreach (var child in outcome.Children)
        {
            if (!TryCreate(child) && child.Parent is { } parent)
                Put(turn.Instance, Events.ChildFailed(now, parent.TaskId, "WorkflowAlreadyExists", new ActiveInstanceException(child.Id).Message));
        }

        foreach (var reply in outcome.Replies) Put(turn.Instance, reply);
        if (outcome.State.HasEnded())
        {
            Close(instance with { Execution = outcome.Execution }, outcome.State);
        }
        else
        {
            InstanceTable.Update(connection, turn.Instance, outcome.Execution, outcome.State);
            Changes.States.Add(outcome.State);
        }

        if (outcome.Termination is { } termination)
        {
            foreach (var child in InstanceTable.Children(connection, turn.Instance)) Terminate(child, termination.Clone());
        }

        return true;
    }

    /// <summary>Ends an activity and tells the execution that asked for it, if it still goes on.</summary>
    /// <returns>False when it has ended before.</returns>
    public bool EndActivity(PendingActivity activity, HistoryEvent ended)
    {
        if (!ActivityTable.Delete(connection, activity.Token)) return false;
        if (InstanceTable.Find(connection, activity.Instance) is { HasEnded: false } instance && instance.Execution == activity.Execution)
            Put(instance.Key, ended);
        return true;
    }

    /// <summary>Delivers what is due.</summary>
    /// <returns>When there is more.</returns>
    public DateTimeOffset? DeliverDue()
    {
        const int AtOnce = 500;
        foreach (var (instance, later) in DelayTable.Take(connection, app, now, AtOnce))
        {
            if (later.EventTypeCase == Kind.ExecutionStarted) InstanceTable.MarkStarted(connection, instance);
            later.Timestamp = Events.At(now).Timestamp;
            Put(instance, later);
        }

        return DelayTable.Next(connection, app);
    }

    /// <summary>Removes an instance, with <paramref name="recursive"/> its children first.</summary>
    /// <returns>How many were removed.</returns>
    /// <exception cref="GrpcException">One of them has not ended, and <paramref name="force"/> was not given.</exception>
    public int Purge(InstanceRow instance, bool recursive, bool force)
    {
        var all = new List<InstanceRow> { instance };
        for (var i = 0; recursive && i < all.Count; i++) all.AddRange(InstanceTable.Children(connection, all[i].Key));
        if (!force && all.Any(one => !one.HasEnded))
            throw new GrpcException(GrpcStatus.Unknown, "failed to purge workflow state: orchestration has not yet completed");
        foreach (var one in all) InstanceTable.Delete(connection, one.Key);
        return all.Count;
    }

    private void Restart(long instance, List<HistoryEvent> beginning)
    {
        // Only what was meant for the instance outlives the execution; results and timers were meant for that.
        var kept = InboxTable.Read(connection, instance).Select(item => item.Event)
            .Where(arrived => arrived.EventTypeCase is Kind.EventRaised or Kind.ExecutionTerminated or Kind.ExecutionSuspended or Kind.ExecutionResumed);
        HistoryTable.Delete(connection, instance);
        InboxTable.Delete(connection, instance);
        DelayTable.Delete(connection, instance);
        foreach (var first in beginning.Concat(kept.ToList())) Put(instance, first);
    }

    /// <summary>The instance has ended: nothing waits for it any more, and its parent hears of it.</summary>
    private void Close(InstanceRow instance, WorkflowState state)
    {
        InboxTable.Delete(connection, instance.Key);
        DelayTable.Delete(connection, instance.Key);
        InstanceTable.Update(connection, instance.Key, instance.Execution, state);
        Changes.States.Add(state);
        if (instance.Parent is { } link && InstanceTable.Find(connection, link.Instance) is { HasEnded: false } parent && parent.Execution == link.Execution)
            Put(link.Instance, Events.ChildEnded(now, link.TaskId, state));
    }

    private bool IsActive(InstanceRow instance)
    {
        var open = new Stack<InstanceRow>([instance]);
        while (open.TryPop(out var one))
        {
            if (!one.HasEnded) return true;
            foreach (var child in InstanceTable.Children(connection, one.Key)) open.Push(child);
        }

        return false;
    }

    private void Put(long instance, HistoryEvent arrived, bool runs = true)
    {
        InboxTable.Insert(connection, instance, arrived);
        if (runs) Changes.Ready.Add(instance);
    }

    private void Delay(long instance, DateTimeOffset due, HistoryEvent later)
    {
        DelayTable.Insert(connection, instance, due, later);
        Changes.DueAt(due);
    }
}
