using System.Diagnostics.CodeAnalysis;
using Dapr.Client;

namespace Agents.SdkTests.Signatures.Wrong;

/// <summary>Like the official type and yet not it: each member differs in another way.</summary>
public sealed class StateEntry<TValue> : IDisposable
{
    public string Key { get; } = "";

    public string ETag { get; set; } = "";

    public Task SaveAsync(StateOptions? options = null, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task TrySaveAsync(StateOptions? stateOptions = null, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task<bool> TryDeleteAsync(StateOptions? stateOptions, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default) => Task.FromResult(true);

    public void Dispose()
    {
    }
}

public enum ConcurrencyMode
{
    LastWrite,
    FirstWrite,
}

public class TopicOptions
{
    public string Name { get; init; } = "";

    public IDictionary<string, string>? Metadata { get; set; }
}

[SuppressMessage("Design", "CA1052", Justification = "It is wrong on purpose.")]
public class DaprDefaults
{
    public const int DefaultHttpPort = 3501;
}

public abstract class Odd
{
    protected abstract Task<(T value, (int x, int y) point)> Ask<T>(T data, string text = "a", bool flag = true, int? number = null, DayOfWeek day = DayOfWeek.Friday)
        where T : IDisposable;

    public override string ToString() => "";
}
