using System.Runtime.CompilerServices;
using Agents.Conversation.Turns.Logs;
using Agents.Defaults.Errors;
using Agents.Defaults.Ledgers;
using Dapr;

namespace Agents.Conversation.Turns.Running;

/// <summary>
/// A turn that is being answered on this replica. What happens is written to the log in batches, each as large as what gathered while
/// the one before was written, and shown to followers once it is there: nobody ever sees what a crash could take back.
/// </summary>
/// <param name="pace">The shortest time between two writes, so that many turns at once do not outrun the store. The first is never delayed.</param>
internal sealed partial class LiveTurn(
    string id, Ledger<TurnEntry> log, IReadOnlyList<TurnEntry> before, Func<TimeSpan> pace, TimeProvider time, ILogger logger) : IDisposable
{
    private const int MaxBatch = 200;
    private const int MaxBatchBytes = 40_000;

    private readonly Lock _gate = new();
    private readonly List<TurnEntry> _posted = [];
    private readonly List<TurnEntry> _written = [.. before];
    private readonly CancellationTokenSource _superseded = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _writing = Task.CompletedTask;
    private TaskCompletionSource _hurry = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Exception? _failure;
    private readonly TaskCompletionSource _woken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _closed;
    private long _lastWrite = time.GetTimestamp();

    public string Id => id;

    /// <summary>How long nothing was written.</summary>
    public TimeSpan IdleFor => time.GetElapsedTime(Volatile.Read(ref _lastWrite));

    /// <summary>Cancelled when somebody else took the turn over, or ended it.</summary>
    public CancellationToken Superseded => _superseded.Token;

    /// <summary>Completes when somebody here knows that the turn may have another holder.</summary>
    public Task Woken => _woken.Task;

    /// <summary>What is in the log so far.</summary>
    public IReadOnlyList<TurnEntry> Entries
    {
        get
        {
            lock (_gate)
                return [.. _written];
        }
    }

    /// <summary>Has something written. Returns at once; <see cref="FlushAsync"/> waits.</summary>
    public void Post(TurnEvent happened, object? inside = null)
    {
        lock (_gate)
        {
            _posted.Add(TurnEntry.Of(happened, log.Fence, inside));
            if (_writing.IsCompleted && _failure is null)
                _writing = Task.Run(WriteAsync);
        }
    }

    /// <summary>Waits until all that was posted is in the log.</summary>
    /// <exception cref="LedgerFencedException">The turn is no longer ours.</exception>
    public async Task FlushAsync()
    {
        while (true)
        {
            Task writing;
            lock (_gate)
            {
                if (_failure is not null)
                    throw _failure;
                if (_posted.Count == 0 && _writing.IsCompleted)
                    return;
                writing = _writing;
                _hurry.TrySetResult();
            }
            await writing;
        }
    }

    /// <summary>Has the runner look at once whether the turn is still its own.</summary>
    public void Wake() => _woken.TrySetResult();

    /// <summary>Shows the end, which is held back until the turn is settled; or sends followers elsewhere when it is no longer ours.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Signal();
        }
    }

    /// <summary>Notices that the turn has another holder, although nothing is being written.</summary>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        var slice = await log.ReadAsync(0, 1, cancellationToken);
        if (slice.Fence == log.Fence && !slice.Deleted)
            return;
        await FailAsync(new LedgerFencedException(id, log.Fence, slice.Fence, slice.Deleted));
    }

    /// <summary>
    /// Entries from a place on, live; null stands for a pause of <paramref name="heartbeat"/>. Ends after the last entry, or when the
    /// turn is no longer ours: the log then tells the rest.
    /// </summary>
    public async IAsyncEnumerable<TurnFrame?> FollowAsync(long from, TimeSpan heartbeat, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var batch = new List<TurnFrame>();
            Task changed;
            bool over;
            lock (_gate)
            {
                changed = _changed.Task;
                for (var next = (int)from; next < _written.Count && (_closed || !_written[next].Last); next++)
                    batch.Add(new TurnFrame(next, _written[next]));
                over = _closed;
            }
            foreach (var frame in batch)
                yield return frame;
            from += batch.Count;
            if (over)
                yield break;
            if (batch.Count > 0)
                continue;
            if (!await ChangedWithinAsync(changed, heartbeat, cancellationToken))
                yield return null;
        }
    }

    public void Dispose() => _superseded.Dispose();

    private async Task FailAsync(Exception exception)
    {
        if (!_superseded.IsCancellationRequested)
            await _superseded.CancelAsync();
        lock (_gate)
            _failure ??= exception;
    }

    private async Task WriteAsync()
    {
        while (NextBatch() is { } batch)
        {
            try
            {
                await AppendAsync(batch);
            }
            catch (Exception exception)
            {
                // The model call ends at once, and the runner learns why at its next flush.
                await FailAsync(exception);
                return;
            }
            lock (_gate)
            {
                _written.AddRange(batch);
                _lastWrite = time.GetTimestamp();
                Signal();
            }
            // Never longer than it takes until somebody waits for all of it.
            await Task.WhenAny(Task.Delay(pace(), time), _hurry.Task);
        }
    }

    private List<TurnEntry>? NextBatch()
    {
        lock (_gate)
        {
            int count = 0, bytes = 0;
            while (count < Math.Min(_posted.Count, MaxBatch) && (bytes += Size(_posted[count])) <= MaxBatchBytes || count == 0 && _posted.Count > 0)
                count++;
            if (count == 0)
            {
                _writing = Task.CompletedTask;
                if (_hurry.Task.IsCompleted)
                    _hurry = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                return null;
            }
            var batch = _posted[..count];
            _posted.RemoveRange(0, count);
            return batch;
        }
    }

    // A store that is away is waited for. As the only writer at this fence, we can tell from the log's length whether a write took place.
    private async Task AppendAsync(List<TurnEntry> batch)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                if (attempt == 0 || await StandsAsync() is false)
                    await log.AppendAsync(batch, CancellationToken.None);
                return;
            }
            catch (Exception exception) when (exception is DaprException or HttpRequestException or TimeoutException
                || exception is ProblemException and not LedgerFencedException)
            {
                if (attempt == 0)
                    Waiting(logger, id, exception.GetType().Name);
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(1_000, 50 << Math.Min(attempt, 5))), time, CancellationToken.None);
            }
        }

        async Task<bool> StandsAsync()
        {
            var slice = await log.ReadAsync(_written.Count, batch.Count, CancellationToken.None);
            return slice.Fence == log.Fence && !slice.Deleted && slice.Entries.Count == batch.Count;
        }
    }

    private static int Size(TurnEntry entry) => entry.Data.GetRawText().Length + (entry.Inside?.GetRawText().Length ?? 0);

    private void Signal()
    {
        _changed.SetResult();
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private async Task<bool> ChangedWithinAsync(Task changed, TimeSpan wait, CancellationToken cancellationToken)
    {
        try
        {
            await changed.WaitAsync(wait, time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    [LoggerMessage(LogLevel.Warning, "The log of turn {Turn} is not written: {Cause}; trying again")]
    private static partial void Waiting(ILogger logger, string turn, string cause);
}
