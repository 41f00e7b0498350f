using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Agents.Contracts;
using Agents.Defaults.Replicas;
using Agents.Defaults.State;
using Agents.Inference.Accounts;
using Agents.Inference.Budgets;

namespace Agents.Inference.Tests.Accounts;

/// <summary>What a history may contain.</summary>
internal sealed record HistoryOptions(bool Kills, bool Faults, Flaw Flaw = Flaw.None);

/// <summary>
/// One random history of a budget: three replicas, fifty callers, and, as the options allow, kills, pauses long enough to be taken for dead,
/// and calls to the store whose answer is lost. What providers really took is the measure of everything.
/// </summary>
internal sealed class BudgetHistory
{
    public const string Tenant = "acme";
    private const int Callers = 50;
    private const int Replicas = 3;
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(12);

    // Detection, burial and the return of idle leases, within the ten seconds that a lease may block at most.
    private static readonly TimeSpan LongestLease = TimeSpan.FromSeconds(10);

    private readonly SimulatedTime _world;
    private readonly HistoryOptions _options;
    private readonly MemoryStore _store;
    private readonly List<SimulatedReplica> _lives = [];
    private readonly SimulatedReplica?[] _now = new SimulatedReplica?[Replicas];
    private readonly List<Task> _loops = [];
    private readonly long _limit;
    private readonly Stores _direct;
    private IReadOnlyList<Meter> _meters = [];
    private int _calls;

    private BudgetHistory(int seed, HistoryOptions options)
    {
        (_world, _options) = (new SimulatedTime(seed), options);
        _store = new MemoryStore { Flaw = options.Flaw };
        _direct = new Stores(_store.Client(), TimeProvider.System);
        Book = new BudgetBook(_direct);
        // From used up in the first second to never.
        _limit = (long)Math.Pow(10, 3 + (_world.Random.NextDouble() * 2.5));
        Faults = options.Faults ? new Faults(_world.Random.NextDouble() * 0.15) : Faults.None;
    }

    public BudgetBook Book { get; }

    public Faults Faults { get; private set; }

    public bool IsOver { get; private set; }

    public int Refused { get; set; }

    public long Spent { get; private set; }

    public int Deaths { get; private set; }

    public long Unattributed { get; private set; }

    public List<string> Violations { get; } = [];

    public static async Task<BudgetHistory> RunAsync(int seed, HistoryOptions options)
    {
        var history = new BudgetHistory(seed, options);
        await history._world.RunAsync(history.PlayAsync);
        return history;
    }

    public void Spend(long micros)
    {
        Spent += micros;
        if (Spent > _limit)
            Violations.Add($"{Spent} of {_limit} are spent at {_world.Now} us");
    }

    public CallCompleted Completed(long micros) => new(
        Tenant, DateTimeOffset.UnixEpoch, string.Create(CultureInfo.InvariantCulture, $"call_{++_calls}"), null, null, "a", "a", null, "stable", "large", "direct", "none", 1, 1, 0, micros, null, 1, null);

    /// <summary>What the heartbeats say: silence of three seconds is death, also when it is only a pause.</summary>
    public bool IsTakenForAlive(ReplicaId id)
    {
        if (_options.Flaw == Flaw.NobodyIsBuried)
            return true;
        var replica = _lives.Single(life => life.Id == id);
        return replica.IsAlive ? replica.PausedUntil - _world.Now < 3_000_000 : _world.Now - replica.DiedAt < 3_000_000;
    }

    private async Task PlayAsync()
    {
        var budget = new Budget("bud_1", Tenant, BudgetScope.Tenant, null, BudgetPeriod.Month, _limit, _limit / 2, null, null, false);
        await Book.ChangeAsync(record => (record with { Budgets = ImmutableDictionary<string, Budget>.Empty.Add(budget.Id, budget) }, null), CancellationToken.None);
        _meters = Book.Meters(Tenant, "key", null, new DateTimeOffset(2026, 5, 4, 12, 0, 0, TimeSpan.Zero));
        for (var number = 0; number < Replicas; number++)
            Begin(number);
        var callers = Enumerable.Range(0, Callers).Select(_ => CallAsync()).ToList();
        if (_options.Kills)
            await FateAsync();
        await Task.WhenAll(callers);

        // The faults end; who was paused goes on; the dead are found; what lies idle goes back.
        Faults = Faults.None;
        await _world.DelayAsync(LongestLease);
        await CheckAsync();
        IsOver = true;
        foreach (var loop in _loops.Where(loop => loop.IsFaulted))
            Violations.Add(loop.Exception!.ToString());
    }

    private void Begin(int number)
    {
        var replica = new SimulatedReplica(_world, this, _store, number, _lives.Count);
        _lives.Add(replica);
        _now[number] = replica;
        _loops.AddRange(replica.Start());
    }

    private async Task CallAsync()
    {
        var end = (long)Length.TotalMicroseconds;
        await _world.DelayAsync(TimeSpan.FromMilliseconds(_world.Random.Next(500)));
        while (_world.Now < end)
        {
            var most = _world.Random.Next(1, 200);
            // Half of the calls take all that they reserved.
            var taken = _world.Random.Next(2) == 0 ? most : _world.Random.Next(most + 1);
            var model = TimeSpan.FromMilliseconds(_world.Random.Next(8) == 0 ? _world.Random.Next(3_000) : _world.Random.Next(100, 500));
            if (_now[_world.Random.Next(Replicas)] is { } replica)
            {
                var call = replica.CallAsync(_meters, most, taken, model);
                // A caller whose replica dies goes elsewhere; one that is refused comes again later.
                await Task.WhenAny(call, _world.DelayAsync(TimeSpan.FromSeconds(5)));
            }
            await _world.DelayAsync(TimeSpan.FromMilliseconds(_world.Random.Next(50, 400)));
        }
    }

    private async Task FateAsync()
    {
        while (_world.Now < (long)Length.TotalMicroseconds)
        {
            await _world.DelayAsync(TimeSpan.FromMilliseconds(_world.Random.Next(200, 5_000)));
            var number = _world.Random.Next(Replicas);
            if (_now[number] is not { } replica)
                continue;
            if (_world.Random.Next(3) == 0)
            {
                replica.PausedUntil = _world.Now + _world.Random.Next(500_000, 6_000_000);
                continue;
            }
            Deaths++;
            replica.Kill();
            _now[number] = null;
            _world.After(TimeSpan.FromMilliseconds(_world.Random.Next(100, 3_000)), () =>
            {
                _world.Post(_ => Begin(number), null);
                return Task.CompletedTask;
            });
        }
    }

    private async Task CheckAsync()
    {
        var account = (await _direct.Main.GetAsync<Account>(Account.Key(Tenant), CancellationToken.None))?.Value ?? Account.Empty;
        var key = _meters.Single().Key;
        var total = account.Totals.GetValueOrDefault(key) ?? Total.Empty;
        var events = _store.Published.Values.Sum(Cost);
        Unattributed = total.Unattributed;
        Check(total.Spent == events, $"the ledger has {total.Spent}, the events {events}");
        Check(total.Spent + total.Unattributed <= _limit, $"{total.Spent} and {total.Unattributed} unattributed exceed {_limit}");
        Check(total.Spent + total.Unattributed >= Spent, $"{Spent} were spent, the ledger knows of {total.Spent + total.Unattributed}");
        Check(account.Taken(key) == total.Spent + total.Unattributed, $"{account.Taken(key) - total.Spent - total.Unattributed} are still leased");
        if (!_options.Kills)
            Check(total.Unattributed == 0 && total.Spent == Spent, $"{total.Unattributed} are unattributed though nobody died; {total.Spent} of {Spent}");
    }

    private void Check(bool good, string otherwise)
    {
        if (!good)
            Violations.Add(otherwise);
    }

    private static long Cost(string call)
    {
        using var document = JsonDocument.Parse(call);
        return document.RootElement.TryGetProperty("cost_micros", out var cost) ? long.Parse(cost.GetString()!, CultureInfo.InvariantCulture) : 0;
    }
}
