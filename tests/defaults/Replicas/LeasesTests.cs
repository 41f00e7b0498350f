using Agents.Defaults.Replicas;
using Agents.Defaults.State;
using Agents.Testing.Ledgers;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Agents.Defaults.Tests.Replicas;

public sealed class LeasesTests : IDisposable
{
    private readonly TestClock _clock = new();
    private readonly RedisLikeStore _store = new();
    private readonly Replica _one;
    private readonly Replica _other;

    public LeasesTests()
    {
        _clock.Pass(TimeSpan.FromHours(1));
        (_one, _other) = (NewReplica("app-0", "epoch-1"), NewReplica("app-1", "epoch-1"));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _store.Dispose();
        foreach (var replica in new[] { _one, _other })
            replica.Monitor.Dispose();
    }

    [Fact]
    public async Task A_lease_stays_while_its_holder_lives_and_passes_on_with_a_higher_fence_when_it_is_dead()
    {
        await RoundAsync(_one, _other);
        var lease = await _one.Leases.TakeAsync("work", Token);
        Assert.True(_one.Leases.IsOurs(lease));
        Assert.Equal(lease, await _one.Leases.TakeAsync("work", Token));
        for (var second = 0; second < 10; second++)
        {
            await RoundAsync(_one, _other);
            Assert.Equal(lease, await _other.Leases.TakeAsync("work", Token));
        }

        await RoundAsync(_other);
        Assert.Equal(lease, await _other.Leases.TakeAsync("work", Token));
        await RoundAsync(_other);
        var taken = await _other.Leases.TakeAsync("work", Token);
        Assert.True(_other.Leases.IsOurs(taken));
        Assert.Equal(lease.Fence + 1, taken.Fence);

        // Who was only paused must not give away what is no longer his.
        await _one.Leases.ReleaseAsync(lease, Token);
        Assert.Equal(taken, await _other.Leases.TakeAsync("work", Token));
    }

    [Fact]
    public async Task A_lease_given_back_is_free_at_once_and_its_fences_go_on()
    {
        await RoundAsync(_one, _other);
        await _one.Leases.ReleaseAsync(await _one.Leases.TakeAsync("work", Token), Token);
        Assert.Equal(2, (await _other.Leases.TakeAsync("work", Token)).Fence);
    }

    [Fact]
    public async Task A_replica_that_nobody_has_seen_yet_gets_its_three_seconds()
    {
        await RoundAsync(_one, _other);
        using var young = NewReplica("app-2", "epoch-1").Monitor;
        Assert.True(_one.Monitor.IsAlive(young.Self));
        await RoundAsync(_one);
        await RoundAsync(_one);
        Assert.True(_one.Monitor.IsAlive(young.Self));
        await RoundAsync(_one);
        Assert.False(_one.Monitor.IsAlive(young.Self));
        await young.BeatAsync(Token);
        await RoundAsync(_one);
        Assert.True(_one.Monitor.IsAlive(young.Self));
    }

    [Fact]
    public async Task An_earlier_life_is_over_as_soon_as_the_next_one_is_seen()
    {
        await RoundAsync(_one, _other);
        using var next = NewReplica("app-1", "epoch-2").Monitor;
        await next.BeatAsync(Token);
        await RoundAsync(_one);
        Assert.False(_one.Monitor.IsAlive(_other.Monitor.Self));
        Assert.True(_one.Monitor.IsAlive(next.Self));
        Assert.False(next.IsAlive(_other.Monitor.Self));
    }

    [Fact]
    public async Task After_a_pause_of_its_own_a_replica_declares_nobody_dead_at_once()
    {
        await RoundAsync(_one, _other);
        _clock.Pass(TimeSpan.FromMinutes(5));
        Assert.True(_one.Monitor.IsAlive(_other.Monitor.Self));
        await RoundAsync(_one);
        Assert.True(_one.Monitor.IsAlive(_other.Monitor.Self));
    }

    // A second in which these replicas beat and look.
    private async Task RoundAsync(params Replica[] replicas)
    {
        foreach (var replica in replicas)
            await replica.Monitor.BeatAsync(Token);
        foreach (var replica in replicas)
            await replica.Monitor.BeatAsync(Token);
        _clock.Pass(TimeSpan.FromSeconds(1));
    }

    private Replica NewReplica(string name, string epoch)
    {
        var identity = new ServiceIdentity("app", "app", name, epoch, "1");
        var stores = new Stores(_store.Client(), _clock);
        var monitor = new ReplicaMonitor(stores, identity, _clock, NullLogger<ReplicaMonitor>.Instance);
        return new Replica(monitor, new Leases(stores, monitor, identity));
    }

    private sealed record Replica(ReplicaMonitor Monitor, Leases Leases);
}
