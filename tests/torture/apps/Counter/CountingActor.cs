using Dapr.Actors;
using Dapr.Actors.Runtime;
using Dapr.Client;

namespace Agents.Torture.Counter;

/// <summary>One increment; a client numbers its own, and repeats one until it is acknowledged.</summary>
internal sealed record Increment(string Client, long Number);

/// <summary>What is true of one counter. Increments of a client up to its last number are contained.</summary>
internal sealed record Truth(long Total, Dictionary<string, long> Last, bool Reminded);

internal interface ICounter : IActor
{
    Task<long> Add(Increment increment);

    Task Remember(int seconds);
}

/// <summary>
/// Keeps the truth in memory between turns, and guards it: every change is written against the ETag it was read with, and a
/// mismatch means that another activation, somewhere, has written meanwhile.
/// </summary>
[Actor(TypeName = "Counter")]
internal sealed class CountingActor(ActorHost host, DaprClient dapr, Notebook notebook) : Actor(host), ICounter, IRemindable
{
    private static readonly StateOptions FirstWrite = new() { Concurrency = ConcurrencyMode.FirstWrite };

    private int _turns;
    private Truth? _truth;
    private string _etag = "";

    public Task<long> Add(Increment increment) => TurnAsync(truth =>
    {
        if (truth.Last.GetValueOrDefault(increment.Client) >= increment.Number) return truth;
        return truth with { Total = truth.Total + 1, Last = new(truth.Last) { [increment.Client] = increment.Number } };
    });

    public Task Remember(int seconds) => RegisterReminderAsync("once", null, TimeSpan.FromSeconds(seconds), TimeSpan.FromMilliseconds(-1));

    public Task ReceiveReminderAsync(string reminderName, byte[] state, TimeSpan dueTime, TimeSpan period) =>
        TurnAsync(truth => truth with { Reminded = true });

    private async Task<long> TurnAsync(Func<Truth, Truth> change)
    {
        if (Interlocked.Increment(ref _turns) > 1) notebook.Write($"two turns at once: {Id}");
        try
        {
            while (true)
            {
                if (_truth is null) await LoadAsync();
                var next = change(_truth!);
                if (next == _truth) return next.Total;
                if (await dapr.TrySaveStateAsync("store", Id.GetId(), next, _etag, FirstWrite)) await LoadAsync();
                else _truth = null;
                if (_truth is not null) return _truth.Total;
            }
        }
        catch
        {
            // Whether the write happened is unknown.
            _truth = null;
            throw;
        }
        finally
        {
            Interlocked.Decrement(ref _turns);
        }
    }

    private async Task LoadAsync()
    {
        (var truth, _etag) = await dapr.GetStateAndETagAsync<Truth?>("store", Id.GetId());
        _truth = truth ?? new(0, [], false);
    }
}
