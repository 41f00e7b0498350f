namespace Agents.Inference.Providers.OpenAi;

/// <summary>Cancels when the caller goes, when the whole call takes too long, or when its current step does.</summary>
internal sealed class Watchdog : IDisposable
{
    private readonly CancellationToken _caller;
    private readonly CancellationTokenSource _total;
    private readonly CancellationTokenSource _step;
    private readonly CancellationTokenSource _any;

    public Watchdog(TimeSpan total, TimeProvider time, CancellationToken caller)
    {
        _caller = caller;
        _total = new CancellationTokenSource(total, time);
        _step = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _any = CancellationTokenSource.CreateLinkedTokenSource(caller, _total.Token, _step.Token);
    }

    public CancellationToken Token => _any.Token;

    public bool CallerGone => _caller.IsCancellationRequested;

    public bool TimedOut => _total.IsCancellationRequested || _step.IsCancellationRequested;

    /// <summary>The next step must end within <paramref name="step"/>.</summary>
    public void Expect(TimeSpan step) => _step.CancelAfter(step);

    /// <summary>The step has ended; only the caller and the whole call count.</summary>
    public void Rest() => _step.CancelAfter(Timeout.InfiniteTimeSpan);

    public void Dispose()
    {
        _any.Dispose();
        _step.Dispose();
        _total.Dispose();
    }
}
