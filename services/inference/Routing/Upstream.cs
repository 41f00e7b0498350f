using Agents.Inference.Deployments;

namespace Agents.Inference.Routing;

/// <summary>
/// One address that serves a deployment, and what this replica knows of it: calls in flight, its rate limits, and a circuit breaker.
/// After five failures in a row it rests, for 1 s and then twice as long each time up to 30 s; then a single call probes it.
/// </summary>
internal sealed class Upstream(Uri address, DeploymentLimits? limits, TimeProvider time)
{
    private const int FailuresToRest = 5;
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly MinuteMeter? _requests = limits?.RequestsPerMinute is null ? null : new(time);
    private readonly MinuteMeter? _tokens = limits?.TokensPerMinute is null ? null : new(time);
    private int _inFlight;
    private int _failures;
    private bool _probing;
    private bool _limited;
    private long _restBegan;
    private TimeSpan _rest;

    public Uri Address { get; } = address;

    public Uri Completions { get; } = new($"{address.AbsoluteUri.TrimEnd('/')}/chat/completions");

    public Uri Embeddings { get; } = new($"{address.AbsoluteUri.TrimEnd('/')}/embeddings");

    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Takes a call, or says why not and for how long. Each success must be followed by one <see cref="End"/>.</summary>
    public bool TryBegin(out Refusal refusal)
    {
        lock (_gate)
        {
            refusal = Refuse();
            if (refusal != default)
                return false;
            _probing = _failures >= FailuresToRest;
            _inFlight++;
            return true;
        }
    }

    /// <summary>The call is over, whatever became of it.</summary>
    public void End(long tokens = 0)
    {
        lock (_gate)
        {
            _inFlight--;
            _probing = false;
        }
        if (tokens > 0)
            _tokens?.Use(tokens);
    }

    /// <summary>It answered.</summary>
    public void Succeeded()
    {
        // Nearly every call: nothing to change, so nothing to lock.
        if (Volatile.Read(ref _failures) == 0)
            return;
        lock (_gate)
            _failures = 0;
    }

    /// <summary>It failed in a way that the next call may well meet too.</summary>
    public void Failed()
    {
        lock (_gate)
        {
            if (++_failures >= FailuresToRest)
                Rest(TimeSpan.FromSeconds(Math.Min(LongestRest.TotalSeconds, 1 << Math.Min(_failures - FailuresToRest, 5))), limited: false);
        }
    }

    /// <summary>It asked to be left alone for a while.</summary>
    public void RateLimited(TimeSpan wait)
    {
        lock (_gate)
            Rest(wait, limited: true);
    }

    private void Rest(TimeSpan rest, bool limited)
    {
        if (Resting() > rest)
            return;
        (_restBegan, _rest, _limited) = (time.GetTimestamp(), rest, limited);
    }

    private TimeSpan Resting() => _rest == TimeSpan.Zero ? TimeSpan.Zero : _rest - time.GetElapsedTime(_restBegan);

    private Refusal Refuse()
    {
        if (_rest > TimeSpan.Zero)
        {
            var left = Resting();
            if (left > TimeSpan.Zero)
                return new Refusal(left, _limited);
            _rest = TimeSpan.Zero;
        }
        if (_probing)
            return new Refusal(TimeSpan.FromSeconds(1), RateLimited: false);
        if (_inFlight >= (limits?.MaxInFlight ?? int.MaxValue))
            return new Refusal(TimeSpan.FromSeconds(1), RateLimited: true);
        if (_tokens?.TryUse(0, limits!.TokensPerMinute!.Value, out var wait) == false)
            return new Refusal(wait, RateLimited: true);
        return _requests?.TryUse(1, limits!.RequestsPerMinute!.Value, out wait) == false ? new Refusal(wait, RateLimited: true) : default;
    }

    /// <param name="Wait">When it may take a call again.</param>
    /// <param name="RateLimited">Because of a limit; else because it failed.</param>
    internal readonly record struct Refusal(TimeSpan Wait, bool RateLimited);
}
