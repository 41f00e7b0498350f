using Agents.Defaults;
using Agents.Defaults.Events;
using Agents.Defaults.Replicas;
using Agents.Defaults.State;
using Agents.Inference.Accounts;
using Agents.Inference.Budgets;
using Microsoft.Extensions.Logging.Abstractions;

namespace Agents.Inference.Tests.Accounts;

/// <summary>How often a call to the store goes wrong.</summary>
/// <param name="Lost">The answer does not come; the call took place, did not, or takes place later.</param>
internal sealed record Faults(double Lost)
{
    public static Faults None { get; } = new(0);
}

/// <summary>One life of a replica: the real accounts over a store that is far away, and moves of its own.</summary>
internal sealed class SimulatedReplica
{
    private readonly SimulatedTime _world;
    private readonly BudgetHistory _history;
    private readonly Undertaker _undertaker;

    public SimulatedReplica(SimulatedTime world, BudgetHistory history, MemoryStore store, int number, int life)
    {
        (_world, _history) = (world, history);
        Id = new ReplicaId($"inference-{number}", $"{life}");
        var time = world.ClockOf(() => IsAlive);
        var dapr = store.Client(SendAsync);
        var stores = new Stores(dapr, time);
        var events = new EventPublisher(dapr, new ServiceIdentity("inference", "inference", Id.Name, Id.Epoch, "1"), time, NullLogger<EventPublisher>.Instance);
        var journals = new JournalStore(stores, events, "inference");
        var accounts = new AccountStore(stores, time);
        Treasury = new Treasury(journals, accounts, events, Id, time, NullLogger<Treasury>.Instance);
        _undertaker = new Undertaker(journals, accounts, history.Book, history.IsTakenForAlive, NullLogger<Undertaker>.Instance);
    }

    public ReplicaId Id { get; }

    public Treasury Treasury { get; }

    public bool IsAlive { get; private set; } = true;

    /// <summary>When it died.</summary>
    public long DiedAt { get; private set; }

    /// <summary>Nothing of it happens before this moment.</summary>
    public long PausedUntil { get; set; }

    public void Kill() => (IsAlive, DiedAt) = (false, _world.Now);

    /// <summary>What the service's loops do, until the history is over.</summary>
    public IEnumerable<Task> Start()
    {
        var (tidied, ticked) = (0L, 0L);
        yield return LoopAsync(TimeSpan.FromMilliseconds(25), async () =>
        {
            await Treasury.CommitAsync(CancellationToken.None);
            if (IsDue(ref tidied))
                await Treasury.TidyAsync(CancellationToken.None);
        });
        yield return LoopAsync(TimeSpan.FromMilliseconds(10), () => Treasury.UpdateAsync(urgent: !IsDue(ref ticked), CancellationToken.None));
        yield return LoopAsync(TimeSpan.FromMilliseconds(25), () => Treasury.PublishAsync(CancellationToken.None));
        yield return LoopAsync(TimeSpan.FromSeconds(1), () => _undertaker.RunAsync(CancellationToken.None));
    }

    /// <summary>A call: reserve, ask a model for a while, settle. What the model takes is spent, whatever becomes of the replica.</summary>
    public async Task CallAsync(IReadOnlyList<Meter> meters, long most, long taken, TimeSpan model)
    {
        var (reservation, _) = await Treasury.ReserveAsync(BudgetHistory.Tenant, meters, new Amounts(most, 1, most), CancellationToken.None);
        if (reservation is null)
        {
            _history.Refused++;
            return;
        }
        await WaitAsync(model);
        // A provider goes on for a while with what a dead caller asked for.
        if (!IsAlive && _world.Random.Next(2) == 0)
            return;
        _history.Spend(taken);
        if (IsAlive)
            Treasury.Settle(reservation, _history.Completed(taken), new Amounts(taken, 1, taken));
    }

    private async Task LoopAsync(TimeSpan interval, Func<Task> move)
    {
        while (IsAlive && !_history.IsOver)
        {
            await WaitAsync(interval);
            try
            {
                if (IsAlive)
                    await move();
            }
            catch (Exception exception) when (exception is Dapr.DaprException or HttpRequestException or Defaults.Errors.ProblemException)
            {
                // As the service does: the next round tries again.
            }
        }
    }

    private bool IsDue(ref long last)
    {
        if (_world.Now - last < 1_000_000)
            return false;
        last = _world.Now;
        return true;
    }

    private async Task WaitAsync(TimeSpan delay)
    {
        await _world.DelayAsync(delay);
        while (PausedUntil > _world.Now)
            await _world.DelayAsync(TimeSpan.FromMicroseconds(PausedUntil - _world.Now));
    }

    private async Task<HttpResponseMessage> SendAsync(Func<HttpResponseMessage> send)
    {
        var answer = new TaskCompletionSource<HttpResponseMessage>();
        var lost = _world.Random.NextDouble() < _history.Faults.Lost;
        var fate = _world.Random.Next(3);
        _world.After(Latency(), () =>
        {
            if (!lost || fate == 0)
            {
                if (!IsAlive && _world.Random.Next(2) == 0)
                    return Task.CompletedTask;
                var response = send();
                Later(Latency(), () => answer.SetResult(response));
            }
            else if (fate == 1)
            {
                _world.After(TimeSpan.FromMilliseconds(_world.Random.Next(1, 3_000)), () =>
                {
                    send().Dispose();
                    return Task.CompletedTask;
                });
            }
            if (lost)
                Later(TimeSpan.FromMilliseconds(_world.Random.Next(5, 400)), () => answer.TrySetException(new HttpRequestException("lost")));
            return Task.CompletedTask;
        });
        return await answer.Task.ConfigureAwait(false);
    }

    // To a dead process nothing comes back; to a paused one, when it goes on.
    private void Later(TimeSpan delay, Action what) => _world.After(delay, () =>
    {
        if (IsAlive && PausedUntil > _world.Now)
            Later(TimeSpan.FromMicroseconds(PausedUntil - _world.Now), what);
        else if (IsAlive)
            what();
        return Task.CompletedTask;
    });

    private TimeSpan Latency() => TimeSpan.FromMicroseconds(_world.Random.Next(200, 6_000));
}
