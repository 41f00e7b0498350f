using System.Globalization;
using Agents.LocalRuntime.Grpc;
using Agents.LocalRuntime.Sqlite;
using Agents.LocalRuntime.Workflows.Storage;
using Dapr.Workflow.Protocol;

namespace Agents.LocalRuntime.Workflows;

/// <summary>Hands work to workers and commits what they answer.</summary>
internal sealed partial class WorkflowTurns(
    SqliteDatabase database, string appId, WorkItems work, Func<Func<WorkflowTransaction, bool>, Task<bool>> write, TimeProvider time, ILogger log)
    : IAsyncDisposable
{
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    private readonly HistoryCache _histories = new(Limits.CachedHistories);
    private readonly CancellationTokenSource _stop = new();
    private Task _handingOut = Task.CompletedTask;

    public void Start() => _handingOut = Task.Run(HandOutAsync);

    /// <summary>Commits a worker's answer to a turn.</summary>
    /// <exception cref="GrpcException">Nobody was asked, or the answer makes no sense, which ends the instance as failed.</exception>
    public async Task CompleteAsync(WorkflowResponse answer, string connectionId)
    {
        if (work.TakeAnswered(answer.InstanceId, answer.CompletionToken, connectionId) is not { Turn: { } turn } taken)
            throw new GrpcException(GrpcStatus.Unknown, $"unknown instance ID: {answer.InstanceId}");
        MalformedAnswerException? malformed = null;
        TurnOutcome outcome;
        try
        {
            outcome = TurnApplier.Apply(turn, answer, appId, time.GetUtcNow());
        }
        catch (MalformedAnswerException error)
        {
            malformed = error;
            LogMalformed(log, answer.InstanceId, error.Message);
            outcome = Fail(turn, $"the worker's answer makes no sense: {error.Message}");
        }

        await CommitAsync(taken, turn, outcome);
        if (malformed is not null) throw malformed;
    }

    /// <summary>Commits the result of an activity.</summary>
    /// <exception cref="GrpcException">Nobody was asked, or it has a result already.</exception>
    public async Task CompleteAsync(ActivityResponse answer, string connectionId)
    {
        var id = $"{answer.InstanceId}/{answer.TaskId}";
        var taken = work.TakeAnswered(answer.InstanceId, answer.TaskId, answer.CompletionToken, connectionId)
            ?? throw new GrpcException(GrpcStatus.Unknown, $"unknown instance ID/task ID combo: {id}");
        if (!await EndAsync(taken, answer.Result, answer.FailureDetails))
            throw new GrpcException(GrpcStatus.Unknown, $"unknown instance ID/task ID combo: {id}");
    }

    /// <inheritdoc cref="WorkflowEngine.RefuseAsync"/>
    public async Task RefuseAsync(string instanceId, int? taskId, string why)
    {
        if (taskId is { } task)
        {
            if (work.TakeAnswered(instanceId, task, "", null) is { } activity) await EndAsync(activity, null, Events.Failure("ResourceExhausted", why));
        }
        else if (work.TakeAnswered(instanceId, "", null) is { Turn: { } turn } taken)
        {
            await CommitAsync(taken, turn, Fail(turn, why));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _handingOut;
        _stop.Dispose();
    }

    private async Task HandOutAsync()
    {
        while (true)
        {
            Work next;
            try
            {
                next = await work.NextAsync(_stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            try
            {
                await HandOutAsync(next);
            }
            catch (SqliteException error)
            {
                LogUnread(log, error);
                _ = GiveBackLaterAsync(next);
            }
        }
    }

    private async Task HandOutAsync(Work next)
    {
        // Removed under the lock of the others when the stream ends; then this piece waits again already.
        var stream = next.Holder;
        var item = next is ActivityWork { Activity: { } activity }
            ? new WorkItem { ActivityRequest = activity.Request, CompletionToken = activity.Token.ToString(CultureInfo.InvariantCulture) }
            : Build((TurnWork)next)?.Item;
        if (item is null) work.Done(next);
        else if (stream is not null && item.CalculateSize() > stream.MessageLimit) await TooLargeAsync(next, stream.MessageLimit);
        else stream?.Send(item);
    }

    private Turn? Build(TurnWork next)
    {
        if (next.Turn is not null) return next.Turn;
        var cached = _histories.Find(next.Instance);
        var (instance, arrived, past) = database.Read((next.Instance, Past: cached), static (connection, wanted) => (
            InstanceTable.Find(connection, wanted.Instance), InboxTable.Read(connection, wanted.Instance),
            wanted.Past ?? HistoryTable.Read(connection, wanted.Instance)));
        if (instance is null || instance.HasEnded || arrived.Count == 0) return null;
        return next.Turn = new(next.Instance, instance.Execution, instance.State, past, arrived, time.GetUtcNow());
    }

    /// <summary>No worker could take it, so it would be handed out for ever.</summary>
    private async Task TooLargeAsync(Work next, int limit)
    {
        if (next is ActivityWork activity)
        {
            var request = activity.Activity.Request;
            if (work.TakeAnswered(request.WorkflowInstance.InstanceId, request.TaskId, activity.Activity.Token.ToString(CultureInfo.InvariantCulture), null) is { } taken)
                await EndAsync(taken, null, Events.Failure("ResourceExhausted", $"the input is larger than {limit} bytes, the sidecar's max-body-size"));
        }
        else if (next is TurnWork { Turn: { } turn } && work.TakeAnswered(turn.Before.InstanceId, turn.Token, null) is { } taken)
        {
            await CommitAsync(taken, turn, Fail(turn, $"the history is larger than {limit} bytes, the sidecar's max-body-size"));
        }
    }

    private TurnOutcome Fail(Turn turn, string why) => TurnApplier.Fail(turn, "WorkflowEngineError", why, appId, time.GetUtcNow());

    private async Task CommitAsync(TurnWork taken, Turn turn, TurnOutcome outcome)
    {
        bool committed;
        try
        {
            committed = await write(transaction => transaction.Commit(turn, outcome));
        }
        catch (Exception error) when (error is SqliteException or ObjectDisposedException)
        {
            throw Uncommitted(taken, error);
        }

        if (!committed || outcome.Restart is not null || outcome.State.HasEnded()) _histories.Remove(turn.Instance);
        else _histories.Set(turn.Instance, [.. turn.Past, .. outcome.History], turn.Item.CalculateSize());
        work.Done(taken);
    }

    private async Task<bool> EndAsync(ActivityWork taken, string? result, TaskFailureDetails? failure)
    {
        var (activity, request) = (taken.Activity, taken.Activity.Request);
        bool known;
        try
        {
            known = await write(transaction =>
            {
                var ended = Events.At(transaction.Now);
                if (failure is null) ended.TaskCompleted = new() { TaskScheduledId = request.TaskId, Result = result, TaskExecutionId = request.TaskExecutionId };
                else ended = Events.ActivityFailed(transaction.Now, request.TaskId, request.TaskExecutionId, failure);
                return transaction.EndActivity(activity, ended);
            });
        }
        catch (Exception error) when (error is SqliteException or ObjectDisposedException)
        {
            throw Uncommitted(taken, error);
        }

        work.Done(taken);
        return known;
    }

    private GrpcException Uncommitted(Work taken, Exception error)
    {
        LogUncommitted(log, error);
        _ = GiveBackLaterAsync(taken);
        return new(GrpcStatus.Unavailable, $"the answer could not be stored: {error.Message}");
    }

    private async Task GiveBackLaterAsync(Work taken)
    {
        try
        {
            await Task.Delay(AfterFailure, time, _stop.Token);
            work.GiveBack(taken);
        }
        catch (OperationCanceledException)
        {
            // The process ends; the next one finds the work in the database.
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Workflow {InstanceId}: the worker's answer makes no sense: {Why}")]
    private static partial void LogMalformed(ILogger logger, string instanceId, string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "Work of a workflow could not be read; it is tried again")]
    private static partial void LogUnread(ILogger logger, Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "A worker's answer could not be stored; the work is handed out again")]
    private static partial void LogUncommitted(ILogger logger, Exception error);
}
