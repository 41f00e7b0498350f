using Agents.LocalRuntime.Grpc;
using Agents.LocalRuntime.Sqlite;
using Agents.LocalRuntime.Workflows.Storage;
using Dapr.Workflow.Protocol;

namespace Agents.LocalRuntime.Workflows;

/// <summary>
/// The workflows of one app, whichever of its replicas runs them. Instances, histories, and all that is under way lie in the database; in
/// memory there are only queues and those who wait. Every change is one transaction, and who is concerned is told after it.
/// </summary>
internal sealed class WorkflowEngine : IAsyncDisposable
{
    /// <summary>How long a command looks for a worker, and a start waits for an instance of its id to end; as in daprd.</summary>
    private static readonly TimeSpan WorkerPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(3);

    private readonly SqliteDatabase _database;
    private readonly string _appId;
    private readonly string _app;
    private readonly string _actorType;
    private readonly TimeProvider _time;
    private readonly WorkItems _work = new();
    private readonly Watchers _watchers = new();
    private readonly TimerSchedule _timers;
    private readonly WorkflowTurns _turns;

    /// <param name="database">Holds everything.</param>
    /// <param name="appId">The app.</param>
    /// <param name="ownNamespace">Its namespace, or null.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">For what no caller is told.</param>
    public WorkflowEngine(SqliteDatabase database, string appId, string? ownNamespace, TimeProvider time, ILogger<WorkflowEngine> log)
    {
        (_database, _appId, _time) = (database, appId, time);
        _app = string.IsNullOrEmpty(ownNamespace) ? appId : $"{ownNamespace}.{appId}";
        _actorType = $"dapr.internal.{(string.IsNullOrEmpty(ownNamespace) ? "default" : ownNamespace)}.{appId}.workflow";
        Tables.Create(database);
        _timers = new(time, () => WriteAsync(transaction => transaction.DeliverDue()), log);
        _turns = new(database, appId, _work, WriteAsync<bool>, time, log);
        TakeUp();
        _turns.Start();
    }

    /// <summary>Runs a worker's stream until it ends.</summary>
    public async Task ServeAsync(GrpcCall call)
    {
        var stream = new WorkerStream(call);
        _work.Add(stream);
        try
        {
            await stream.RunAsync();
        }
        finally
        {
            _work.Remove(stream);
        }
    }

    public int WorkersAt(Apps.Sidecar sidecar) => _work.CountAt(sidecar);

    /// <inheritdoc cref="WorkflowTurns.CompleteAsync(WorkflowResponse,string)"/>
    public Task CompleteAsync(WorkflowResponse answer, string connectionId) => _turns.CompleteAsync(answer, connectionId);

    /// <inheritdoc cref="WorkflowTurns.CompleteAsync(ActivityResponse,string)"/>
    public Task CompleteAsync(ActivityResponse answer, string connectionId) => _turns.CompleteAsync(answer, connectionId);

    /// <summary>Creates an instance; waits for a worker, and for an instance of the same id to end, but not for the first turn.</summary>
    /// <exception cref="ActiveInstanceException">The id is in use.</exception>
    public async Task StartAsync(CreateInstanceRequest request, string? traceParent, CancellationToken cancel)
    {
        Check(request.InstanceId, "instance id");
        Check(request.Name, "workflow name");
        DateTimeOffset? startAt = request.ScheduledStartTimestamp is { } scheduled
            ? scheduled.ToInstant() ?? throw new GrpcException(GrpcStatus.InvalidArgument, "the scheduled start is an impossible time") : null;
        await _work.AnyWorker.WaitAsync(cancel);
        if (await TryStartAsync()) return;
        using var limit = new CancellationTokenSource(StartPatience, _time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        try
        {
            await WaitAsync(request.InstanceId, state => state is null || state.HasEnded(), patience.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new ActiveInstanceException(request.InstanceId);
        }

        if (!await TryStartAsync()) throw new ActiveInstanceException(request.InstanceId);

        Task<bool> TryStartAsync() => WriteAsync(transaction =>
        {
            var started = Events.Started(
                transaction.Now, _appId, request.InstanceId, request.Name, null, request.Input, TraceIds.Begin(request.ParentTraceContext?.TraceParent ?? traceParent));
            started.ExecutionStarted.ScheduledStartTimestamp = request.ScheduledStartTimestamp;
            return transaction.TryCreate(new(request.InstanceId, started, null, startAt));
        });
    }

    /// <summary>The state of an instance, or null.</summary>
    public WorkflowState? Find(string id) => FindRow(id)?.State;

    /// <summary>Waits until the state is as wanted; null stands for no such instance.</summary>
    public async Task<WorkflowState?> WaitAsync(string id, Func<WorkflowState?, bool> isWanted, CancellationToken cancel)
    {
        using var watch = _watchers.Begin(id);
        var state = Find(id);
        while (!isWanted(state)) state = await watch.NextAsync(cancel);
        return state;
    }

    public async Task RaiseAsync(string id, string name, string? input, CancellationToken cancel)
    {
        Check(name, "event name");
        var raised = Events.At(_time.GetUtcNow());
        raised.EventRaised = new() { Name = name, Input = input };
        await DeliverAsync(id, raised, cancel);
    }

    /// <summary>Returns when the instance is suspended, or has ended.</summary>
    public async Task SuspendAsync(string id, string? reason, CancellationToken cancel)
    {
        var suspended = Events.At(_time.GetUtcNow());
        suspended.ExecutionSuspended = new() { Input = reason };
        await DeliverAsync(id, suspended, cancel);
        await WaitAsync(id, state => state is null || state.WorkflowStatus == OrchestrationStatus.Suspended || state.HasEnded(), cancel);
    }

    /// <summary>Returns when the instance runs again, or has ended.</summary>
    public async Task ResumeAsync(string id, string? reason, CancellationToken cancel)
    {
        var resumed = Events.At(_time.GetUtcNow());
        resumed.ExecutionResumed = new() { Input = reason };
        await DeliverAsync(id, resumed, cancel);
        await WaitAsync(id, state => state is null || state.WorkflowStatus != OrchestrationStatus.Suspended, cancel);
    }

    /// <summary>Returns when the instance has ended.</summary>
    public async Task TerminateAsync(string id, string? output, bool recursive, CancellationToken cancel)
    {
        await NeedWorkerAsync(id, cancel);
        await WriteAsync(transaction =>
        {
            transaction.Terminate(transaction.Existing(id), new() { Input = output, Recurse = recursive });
            return true;
        });
        await WaitAsync(id, state => state is null || state.HasEnded(), cancel);
    }

    /// <returns>How many instances were removed.</returns>
    public Task<int> PurgeAsync(string id, bool recursive, bool force) =>
        WriteAsync(transaction => transaction.Purge(transaction.Existing(id), recursive, force));

    /// <summary>The ids in order, from the one after <paramref name="after"/>.</summary>
    public List<string> List(string after, int count) => _database.Read(
        (App: _app, After: after, Count: count), static (connection, page) => InstanceTable.Ids(connection, page.App, page.After, page.Count));

    /// <exception cref="NoSuchInstanceException">There is none.</exception>
    public List<HistoryEvent> History(string id)
    {
        var row = FindRow(id) ?? throw new NoSuchInstanceException();
        return _database.Read(row.Key, static (connection, key) => HistoryTable.Read(connection, key));
    }

    /// <summary>An answer was refused before it could be read: what it was about must not wait for ever.</summary>
    public Task RefuseAsync(string instanceId, int? taskId, string why) => _turns.RefuseAsync(instanceId, taskId, why);

    public async ValueTask DisposeAsync()
    {
        await _turns.DisposeAsync();
        await _timers.DisposeAsync();
    }

    /// <summary>What was under way when the process ended, however it ended, goes on.</summary>
    private void TakeUp()
    {
        var (changes, next) = _database.Read(_app, static (connection, app) =>
        {
            var found = new Changes();
            found.Ready.AddRange(InboxTable.Ready(connection, app));
            found.Activities.AddRange(ActivityTable.Read(connection, app));
            return (found, DelayTable.Next(connection, app));
        });
        _work.Add(changes);
        if (next is { } due) _timers.Arm(due);
    }

    private async Task<T> WriteAsync<T>(Func<WorkflowTransaction, T> change)
    {
        Changes? changes = null;
        var result = await _database.WriteAsync(
            connection =>
            {
                var transaction = new WorkflowTransaction(connection, _app, _time.GetUtcNow());
                var done = change(transaction);
                changes = transaction.Changes;
                return done;
            },
            atomic: true);
        _work.Add(changes!);
        foreach (var state in changes!.States) _watchers.Tell(state);
        if (changes.Due is { } due) _timers.Arm(due);
        return result;
    }

    private async Task DeliverAsync(string id, HistoryEvent arrived, CancellationToken cancel)
    {
        await NeedWorkerAsync(id, cancel);
        await WriteAsync(transaction =>
        {
            transaction.Deliver(transaction.Existing(id), arrived);
            return true;
        });
    }

    private async Task NeedWorkerAsync(string id, CancellationToken cancel)
    {
        try
        {
            await _work.AnyWorker.WaitAsync(WorkerPatience, _time, cancel);
        }
        catch (TimeoutException)
        {
            throw new NoWorkerException(_actorType, id);
        }
    }

    private InstanceRow? FindRow(string id) =>
        _database.Read((App: _app, Id: id), static (connection, key) => InstanceTable.Find(connection, key.App, key.Id));

    private static void Check(string text, string what)
    {
        if (text.Length is 0 or > Limits.NameLength)
            throw new GrpcException(GrpcStatus.InvalidArgument, $"the {what} must have 1 to {Limits.NameLength} characters");
    }
}
