using Agents.Cel;
using Agents.LocalRuntime.Resources;

namespace Agents.LocalRuntime.Resiliency;

/// <summary>The settings of a circuit breaker; <paramref name="Trip"/> reads the counts of the current period.</summary>
internal sealed record BreakerOptions(int MaxRequests, TimeSpan Interval, TimeSpan Timeout, Expression Trip)
{
    private static readonly Expression DefaultTrip = Expression.Parse("consecutiveFailures > 5");

    public static BreakerOptions Read(Section section)
    {
        var maxRequests = section.Int("maxRequests", 0, int.MaxValue) ?? 1;
        var interval = section.Duration("interval") ?? TimeSpan.Zero;
        var timeout = section.Duration("timeout") ?? TimeSpan.FromSeconds(60);
        var trip = DefaultTrip;
        if (section.Text("trip") is { } text)
        {
            try
            {
                trip = Expression.Parse(text);
                trip.IsTrue(name => new Counts().Value(name));
            }
            catch (CelException error)
            {
                section.Report("trip", error.Message);
            }
        }

        section.Close();
        return new(Math.Max(1, maxRequests), interval, timeout, trip);
    }
}

/// <summary>What a breaker has seen; the names are those of the trip expression.</summary>
internal record struct Counts(int Requests, int Successes, int Failures, int SuccessesInARow, int FailuresInARow)
{
    public readonly object? Value(string name) => name switch
    {
        "requests" => (double)Requests,
        "totalSuccesses" => (double)Successes,
        "totalFailures" => (double)Failures,
        "consecutiveSuccesses" => (double)SuccessesInARow,
        "consecutiveFailures" => (double)FailuresInARow,
        _ => throw new CelException(
            $"unknown name '{name}' (known: requests, totalSuccesses, totalFailures, consecutiveSuccesses, consecutiveFailures)"),
    };
}

/// <summary>The call was not made because its circuit breaker is open.</summary>
internal sealed class CircuitOpenException(string message) : Exception(message);

/// <summary>
/// Closed: calls pass and are counted, counts are forgotten every interval. Open: calls are refused until the timeout.
/// Half-open: at most <c>maxRequests</c> calls pass; as many successes in a row close it, one failure opens it again.
/// </summary>
internal sealed class CircuitBreaker(BreakerOptions options, TimeProvider time)
{
    private enum State
    {
        Closed,
        HalfOpen,
        Open,
    }

    private readonly Lock _lock = new();
    private State _state;
    private Counts _counts;
    private long _since = time.GetTimestamp();
    private int _generation;

    /// <summary>Admits a call; the result is handed back to <see cref="Report"/>.</summary>
    /// <exception cref="CircuitOpenException">The breaker refuses.</exception>
    public int Enter()
    {
        lock (_lock)
        {
            var elapsed = time.GetElapsedTime(_since);
            if (_state == State.Open && elapsed >= options.Timeout) Become(State.HalfOpen);
            else if (_state == State.Closed && options.Interval > TimeSpan.Zero && elapsed >= options.Interval) Become(State.Closed);
            if (_state == State.Open) throw new CircuitOpenException("circuit breaker is open");
            if (_state == State.HalfOpen && _counts.Requests >= options.MaxRequests) throw new CircuitOpenException("too many requests");
            _counts.Requests++;
            return _generation;
        }
    }

    public void Report(int generation, bool success)
    {
        lock (_lock)
        {
            if (generation != _generation) return;
            _counts = success
                ? _counts with { Successes = _counts.Successes + 1, SuccessesInARow = _counts.SuccessesInARow + 1, FailuresInARow = 0 }
                : _counts with { Failures = _counts.Failures + 1, FailuresInARow = _counts.FailuresInARow + 1, SuccessesInARow = 0 };
            if (_state == State.HalfOpen)
            {
                if (!success) Become(State.Open);
                else if (_counts.SuccessesInARow >= options.MaxRequests) Become(State.Closed);
            }
            else if (!success && options.Trip.IsTrue(name => _counts.Value(name)))
            {
                Become(State.Open);
            }
        }
    }

    private void Become(State state)
    {
        _state = state;
        _counts = default;
        _since = time.GetTimestamp();
        _generation++;
    }
}
