using System.Text.Json;
using Dapr.Workflow.Protocol;

namespace Dapr.Workflow.Replay;

/// <summary>Events from outside and those who wait for them: first come, first served, whatever the case of the name.</summary>
internal sealed class ExternalEvents
{
    private readonly List<HistoryEvent> _early = [];
    private readonly List<IWaiter> _waiters = [];

    private interface IWaiter
    {
        string Name { get; }

        void Take(string? json);
    }

    public bool AreAwaited => _waiters.Count > 0;

    /// <summary>The events nobody took, in order.</summary>
    public IReadOnlyList<HistoryEvent> Unprocessed => _early;

    public Task<T> WaitAsync<T>(string name, CancellationToken cancellationToken)
    {
        var waiter = new Waiter<T>(name);
        if (cancellationToken.IsCancellationRequested)
        {
            waiter.Cancel(cancellationToken);
            return waiter.Task;
        }

        var early = _early.FindIndex(it => IsNamed(it, name));
        if (early >= 0)
        {
            waiter.Take(_early[early].EventRaised.Input);
            _early.RemoveAt(early);
            return waiter.Task;
        }

        _waiters.Add(waiter);
        cancellationToken.Register(() =>
        {
            if (_waiters.Remove(waiter)) waiter.Cancel(cancellationToken);
        });
        return waiter.Task;
    }

    public void Raise(HistoryEvent raised)
    {
        var waiter = _waiters.Find(it => IsNamed(raised, it.Name));
        if (waiter is null)
        {
            _early.Add(raised);
            return;
        }

        _waiters.Remove(waiter);
        waiter.Take(raised.EventRaised.Input);
    }

    private static bool IsNamed(HistoryEvent raised, string name) =>
        string.Equals(raised.EventRaised.Name, name, StringComparison.OrdinalIgnoreCase);

    private sealed class Waiter<T>(string name) : IWaiter
    {
        private readonly TaskCompletionSource<T> _source = new(TaskCreationOptions.None);

        public string Name => name;

        public Task<T> Task => _source.Task;

        public void Take(string? json)
        {
            try
            {
                _source.TrySetResult(WorkflowJson.Read<T>(json));
            }
            catch (JsonException error)
            {
                _source.TrySetException(error);
            }
        }

        public void Cancel(CancellationToken cancellationToken) => _source.TrySetCanceled(cancellationToken);
    }
}
