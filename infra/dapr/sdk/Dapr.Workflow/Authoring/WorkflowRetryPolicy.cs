namespace Dapr.Workflow;

/// <summary>When a failed activity or child workflow is called again. The waits are timers of the workflow and survive restarts.</summary>
public class WorkflowRetryPolicy
{
    /// <summary>What the longest wait is taken for when it is not set, but only to check the others.</summary>
    private static readonly TimeSpan _assumedMaxRetryInterval = TimeSpan.FromHours(1);

    /// <summary>No wait is longer, so that dates stay dates.</summary>
    private static readonly TimeSpan _endOfTime = TimeSpan.FromDays(36_500);

    /// <summary>Creates the policy.</summary>
    /// <param name="maxNumberOfAttempts">How many calls are made at most, the first one included.</param>
    /// <param name="firstRetryInterval">The first wait.</param>
    /// <param name="backoffCoefficient">By what each wait is longer than the one before; at least 1.</param>
    /// <param name="maxRetryInterval">The longest wait; null for no limit.</param>
    /// <param name="retryTimeout">How long after the first call calls are made; null or infinite for no limit.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is too small, or smaller than the one it limits.</exception>
    public WorkflowRetryPolicy(
        int maxNumberOfAttempts, TimeSpan firstRetryInterval, double backoffCoefficient = 1.0, TimeSpan? maxRetryInterval = null,
        TimeSpan? retryTimeout = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxNumberOfAttempts);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(firstRetryInterval, TimeSpan.Zero);
        if (!(backoffCoefficient >= 1)) throw new ArgumentOutOfRangeException(nameof(backoffCoefficient), "It must be at least 1.");
        var longest = maxRetryInterval ?? _assumedMaxRetryInterval;
        if (longest != Timeout.InfiniteTimeSpan)
            ArgumentOutOfRangeException.ThrowIfLessThan(longest, firstRetryInterval, nameof(maxRetryInterval));
        RetryTimeout = retryTimeout ?? Timeout.InfiniteTimeSpan;
        if (RetryTimeout != Timeout.InfiniteTimeSpan)
            ArgumentOutOfRangeException.ThrowIfLessThan(RetryTimeout, firstRetryInterval, nameof(retryTimeout));
        (MaxNumberOfAttempts, FirstRetryInterval, BackoffCoefficient, MaxRetryInterval) =
            (maxNumberOfAttempts, firstRetryInterval, backoffCoefficient, maxRetryInterval);
    }

    /// <summary>How many calls are made at most, the first one included.</summary>
    public int MaxNumberOfAttempts { get; }

    /// <summary>The first wait.</summary>
    public TimeSpan FirstRetryInterval { get; }

    /// <summary>By what each wait is longer than the one before.</summary>
    public double BackoffCoefficient { get; }

    /// <summary>The longest wait; null for no limit.</summary>
    public TimeSpan? MaxRetryInterval { get; }

    /// <summary>How long after the first call calls are made; infinite for no limit.</summary>
    public TimeSpan RetryTimeout { get; }

    /// <summary>The wait after a failed attempt, which is 0 for the first.</summary>
    internal TimeSpan DelayAfter(int attempt)
    {
        var limit = MaxRetryInterval is { } max && max != Timeout.InfiniteTimeSpan ? max : _endOfTime;
        var ticks = FirstRetryInterval.Ticks * Math.Pow(BackoffCoefficient, attempt);
        return ticks < limit.Ticks ? TimeSpan.FromTicks((long)ticks) : limit;
    }
}
