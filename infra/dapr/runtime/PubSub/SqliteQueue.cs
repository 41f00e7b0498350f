using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace Agents.LocalRuntime.PubSub;

/// <summary>
/// The open deliveries of one group in one topic. A loader keeps a small window of them in memory: it reads on from the
/// last number it saw, and reads again what failed when its waiting time is over. Of a failed message only its number
/// is kept in memory, so many of them cost little and block nobody.
/// </summary>
internal sealed partial class SqliteQueue : IMessageQueue, IAsyncDisposable
{
    private const int Window = 64;
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    private readonly SqliteMessages _messages;
    private readonly long _group;
    private readonly Func<string, QueuedMessage, Task> _bury;
    private readonly TimeProvider _time;
    private readonly ILogger<SqliteQueue> _log;
    private readonly Channel<QueuedMessage> _ready = Channel.CreateUnbounded<QueuedMessage>();
    private readonly SemaphoreSlim _wake = new(1, 1);
    private readonly Lock _lock = new();
    private readonly PriorityQueue<(long Id, int Attempts), long> _waiting = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loader;
    private long _last;

    /// <summary>The window was full before everything was read.</summary>
    private volatile bool _more;

    /// <param name="messages">The tables.</param>
    /// <param name="group">The group's number.</param>
    /// <param name="bury">Moves a message of this group to a dead letter topic.</param>
    /// <param name="time">Measures the waits.</param>
    /// <param name="log">Takes what goes wrong while loading.</param>
    public SqliteQueue(SqliteMessages messages, long group, Func<string, QueuedMessage, Task> bury, TimeProvider time, ILogger<SqliteQueue> log)
    {
        (_messages, _group, _bury, _time, _log) = (messages, group, bury, time, log);
        _loader = Task.Run(LoadAsync);
    }

    public long Group => _group;

    public async ValueTask<QueuedMessage> TakeAsync(CancellationToken cancel)
    {
        var message = await _ready.Reader.ReadAsync(cancel);
        if (_more && _ready.Reader.Count < Window / 2) Wake();
        return message;
    }

    public async Task SettleAsync(QueuedMessage message, Verdict verdict, string deadLetterTopic)
    {
        switch (verdict)
        {
            case Verdict.Unreachable:
                _ready.Writer.TryWrite(message);
                return;
            case Verdict.Failed when deadLetterTopic.Length == 0:
                Postpone(message.Id, message.Attempts);
                return;
            case Verdict.Failed or Verdict.Dropped when deadLetterTopic.Length > 0:
                await _bury(deadLetterTopic, message);
                return;
            default:
                await _messages.RemoveAsync(_group, message.Id);
                return;
        }
    }

    /// <summary>Says that there may be something new.</summary>
    public void Wake()
    {
        // One pending wake-up is enough, and losing the race to give it is as good as giving it.
        lock (_wake)
        {
            if (_wake.CurrentCount == 0) _wake.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loader;
        _stop.Dispose();
        _wake.Dispose();
    }

    /// <summary>Waits 1 s, then twice as long each time, up to 30 s.</summary>
    private void Postpone(long id, int attempts)
    {
        var wait = FirstWait * Math.Pow(2, Math.Min(attempts, 10));
        var due = _time.GetTimestamp() + (long)((wait < LongestWait ? wait : LongestWait).TotalSeconds * _time.TimestampFrequency);
        lock (_lock) _waiting.Enqueue((id, attempts + 1), due);
        Wake();
    }

    [SuppressMessage("Design", "CA1031", Justification = "A database in trouble must not end the loader.")]
    private async Task LoadAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await _wake.WaitAsync(UntilNextDue(), _stop.Token);
                _more = false;
                LoadDue();
                LoadNew();

                // Someone may have emptied the window meanwhile without seeing that there is more.
                if (_more && _ready.Reader.Count < Window / 2) Wake();
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                LogTrouble(_log, error);
                await Task.Delay(FirstWait, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                Wake();
            }
        }
    }

    private void LoadNew()
    {
        while (_ready.Reader.Count < Window)
        {
            var found = _messages.Fetch(_group, _last, Window);
            foreach (var message in found)
            {
                _last = message.Id;
                _ready.Writer.TryWrite(message);
            }

            if (found.Count < Window) return;
        }

        _more = true;
    }

    private void LoadDue()
    {
        while (_ready.Reader.Count < Window && NextDue() is { } item)
        {
            if (_messages.Find(item.Id, item.Attempts) is { } message) _ready.Writer.TryWrite(message);
        }
    }

    private (long Id, int Attempts)? NextDue()
    {
        lock (_lock)
        {
            if (!_waiting.TryPeek(out var item, out var due) || due > _time.GetTimestamp()) return null;
            _waiting.Dequeue();
            return item;
        }
    }

    private TimeSpan UntilNextDue()
    {
        // A full window takes nothing more; whoever empties it gives the signal.
        if (_more) return Timeout.InfiniteTimeSpan;
        lock (_lock)
        {
            if (!_waiting.TryPeek(out _, out var due)) return Timeout.InfiniteTimeSpan;
            var ticks = due - _time.GetTimestamp();
            return ticks <= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds((double)ticks / _time.TimestampFrequency);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Messages cannot be read")]
    private static partial void LogTrouble(ILogger logger, Exception error);
}
