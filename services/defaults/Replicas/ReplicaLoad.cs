namespace Agents.Defaults.Replicas;

/// <summary>How much queued work this replica can hold and holds; told with its heartbeats.</summary>
public sealed class ReplicaLoad
{
    private int _slots;
    private int _busy;

    public int Slots => Volatile.Read(ref _slots);

    public int Busy => Volatile.Read(ref _busy);

    /// <summary>Tells how much waits in the queues that this replica keeps, by name; null when it keeps none.</summary>
    public Func<IReadOnlyDictionary<string, int>>? Queues { get; set; }

    public void AddSlots(int slots) => Interlocked.Add(ref _slots, slots);

    public void Begin() => Interlocked.Increment(ref _busy);

    public void End() => Interlocked.Decrement(ref _busy);
}
