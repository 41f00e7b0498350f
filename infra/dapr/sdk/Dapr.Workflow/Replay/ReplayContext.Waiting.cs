using Dapr.Workflow.Protocol;
using Google.Protobuf.WellKnownTypes;

namespace Dapr.Workflow.Replay;

internal sealed partial class ReplayContext
{
    public override Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken)
    {
        Enter();
        var utc = fireAt.Kind == DateTimeKind.Local ? fireAt.ToUniversalTime() : DateTime.SpecifyKind(fireAt, DateTimeKind.Utc);
        return OpenTimer(utc, action => action.CreateTimer = new TimerOriginCreateTimer(), cancellationToken);
    }

    public override Task<T> WaitForExternalEventAsync<T>(string eventName, CancellationToken cancellationToken = default)
    {
        Enter();
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        return Events.WaitAsync<T>(eventName, cancellationToken);
    }

    public override async Task<T> WaitForExternalEventAsync<T>(string eventName, TimeSpan timeout)
    {
        if (timeout < TimeSpan.Zero) return await WaitForExternalEventAsync<T>(eventName, CancellationToken.None);

        using var timedOut = new CancellationTokenSource();
        var waiting = WaitForExternalEventAsync<T>(eventName, timedOut.Token);
        if (timeout > TimeSpan.Zero)
        {
            var timer = OpenTimer(
                _now + timeout, action => action.ExternalEvent = new TimerOriginExternalEvent { Name = eventName }, CancellationToken.None);
            await Task.WhenAny(waiting, timer);
        }

        if (!waiting.IsCompleted) Cancel(timedOut);
        return await waiting;
    }

    /// <summary>Cancels on this very thread, where what follows can be replayed.</summary>
    private static void Cancel(CancellationTokenSource source) => source.Cancel();

    private Task<object?> OpenTimer(DateTime fireAt, Action<CreateTimerAction> mark, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled<object?>(cancellationToken);
        var action = new CreateTimerAction { FireAt = Timestamp.FromDateTime(fireAt) };
        mark(action);
        var task = new OpenTask<object?>("")
        {
            What = ActionNames.Timer,
            Action = new WorkflowAction { Id = Tasks.NextId(), CreateTimer = action },
        };
        Tasks.Add(task);
        cancellationToken.Register(() => task.Cancel(cancellationToken));
        return task.Task;
    }
}
