using System.Collections.Concurrent;

namespace Agents.LocalRuntime.Faults;

internal enum FaultMode
{
    Slow,
    Error,
    Down,
}

/// <summary>A fault asked for by a test: a delay, a share of failing operations, or a component that is gone.</summary>
internal sealed record Fault(FaultMode Mode, TimeSpan Delay, double Ratio);

/// <summary>The operation failed because a test asked for it.</summary>
internal sealed class InjectedFaultException(string message) : Exception(message);

/// <summary>
/// Stands before the operations of one component (all apps' components of that name). Without
/// <c>--enable-fault-injection</c> no fault is ever set and passing costs one read.
/// </summary>
internal sealed class FaultGate(string component, TimeProvider time)
{
    private volatile Fault? _fault;
    private volatile TaskCompletionSource _cleared = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Fault? Fault => _fault;

    public bool IsDown => _fault?.Mode == FaultMode.Down;

    public ValueTask PassAsync(CancellationToken cancel)
    {
        var fault = _fault;
        return fault is null ? default : ApplyAsync(fault, cancel);
    }

    /// <summary>Waits while the component is down; deliveries pause instead of failing.</summary>
    public async ValueTask WaitUntilUpAsync(CancellationToken cancel)
    {
        while (true)
        {
            // Taken before the look at the fault: Set changes the fault first, so no change is missed.
            var cleared = _cleared;
            if (!IsDown) return;
            await cleared.Task.WaitAsync(cancel);
        }
    }

    public void Set(Fault? fault)
    {
        _fault = fault;
        var waiting = _cleared;
        _cleared = new(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.TrySetResult();
    }

    private async ValueTask ApplyAsync(Fault fault, CancellationToken cancel)
    {
        if (fault.Delay > TimeSpan.Zero) await Task.Delay(fault.Delay, time, cancel);
        if (fault.Mode == FaultMode.Down) throw new InjectedFaultException($"dial tcp: connect: connection refused ({component} is down)");
        if (fault.Mode == FaultMode.Error && Random.Shared.NextDouble() < fault.Ratio)
            throw new InjectedFaultException($"{component} failed");
    }
}

/// <summary>The gates of this process, one per component name.</summary>
internal sealed class FaultGates(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, FaultGate> _gates = [];

    public FaultGate For(string component) => _gates.GetOrAdd(component, name => new FaultGate(name, time));

    public FaultGate? Find(string component) => _gates.GetValueOrDefault(component);
}
