using Agents.Defaults.State;

namespace Agents.Defaults.Replicas;

/// <summary>Work that one replica of this app does at a time.</summary>
/// <param name="Fence">Higher each time the lease changes hands: what <see cref="Ledgers.Ledger{T}.TakeOverAsync"/> takes.</param>
public sealed record Lease(string Name, ReplicaId Holder, long Fence);

/// <summary>
/// Leases without clocks and without renewal: a lease lasts as long as the life of the replica that it names, and who has seen that
/// replica's heartbeat stand still may take it. A holder that was only paused can therefore still believe in its lease: a lease keeps
/// two replicas from doing the same work, the fence keeps the slower one from being heard.
/// </summary>
public sealed class Leases(Stores stores, ReplicaMonitor replicas, ServiceIdentity identity)
{
    /// <summary>Takes a lease that is free, whose holder is dead, or that is ours already.</summary>
    /// <param name="name">Unique within this app.</param>
    /// <returns>The lease as it stands: ours when <see cref="IsOurs"/> says so, otherwise of a replica that lives.</returns>
    public async Task<Lease> TakeAsync(string name, CancellationToken cancellationToken)
    {
        var taken = await stores.Main.UpdateAsync<Lease>(
            Key(name),
            lease => lease is null ? new Lease(name, replicas.Self, 1)
                : lease.Holder is { Epoch.Length: > 0 } holder && replicas.IsAlive(holder) ? null
                : lease with { Holder = replicas.Self, Fence = lease.Fence + 1 },
            cancellationToken);
        return taken!;
    }

    /// <summary>Whether this replica holds the lease, as far as the lease says.</summary>
    public bool IsOurs(Lease lease) => lease.Holder == replicas.Self;

    /// <summary>Gives a lease of ours back, so that nobody has to wait; without effect when somebody took it meanwhile.</summary>
    public Task ReleaseAsync(Lease lease, CancellationToken cancellationToken) => stores.Main.UpdateAsync<Lease>(
        Key(lease.Name), current => current == lease ? current with { Holder = Nobody } : null, cancellationToken);

    // The record stays when a lease is given back, because fences must go on from where they are.
    private static ReplicaId Nobody { get; } = new("", "");

    private string Key(string name) => $"lease/{identity.AppId}/{name}";
}
