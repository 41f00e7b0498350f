using Agents.Defaults.Errors;
using Agents.Defaults.Ledgers;
using Dapr;

namespace Agents.Testing.Ledgers;

/// <summary>How one history went.</summary>
/// <param name="Trace">The same for the same seed, store and code.</param>
public sealed record HistoryResult(
    int Seed, int Steps, int Trace, int Appends, int Acknowledged, int Refused, int Takeovers, int Crashes, bool Deleted, IReadOnlyList<string> Violations);

/// <summary>
/// One random history of a ledger: writers that append, take over, pause and die, lost and late requests, now and then a deletion, and
/// readers meanwhile. The seed decides everything.
/// </summary>
public sealed class LedgerHistory
{
    private const int ReplacementsOfTheDead = 3;

    private readonly World _world;
    private readonly HttpMessageInvoker _store;
    private readonly string _key;
    private readonly int _seed;
    private readonly LedgerLimits _limits;
    private readonly Faults _faults;
    private readonly Sabotage _sabotage;
    private readonly LedgerModel _model = new();
    private readonly Ledger<string> _oracle;
    private readonly bool _owned;
    private long _finalEnd = -1;
    private int _processes;
    private int _crashes;

    private LedgerHistory(HttpMessageInvoker store, int seed, string run, Flaw flaw)
    {
        (_store, _seed) = (store, seed);
        _world = new World(seed);
        var random = _world.Random;
        _key = $"{run}-{seed}";
        _limits = new LedgerLimits(random.Next(1, 6), random.Next(2) == 0 ? 60 : 10_000, random.Next(2, 4));
        _owned = random.Next(2) == 0;
        _faults = random.Next(4) == 0 ? Faults.None : new Faults(random.NextDouble() * 0.03, random.NextDouble() * 0.15, random.NextDouble() * 0.15);
        _sabotage = new Sabotage(flaw, _key, random);
        _oracle = Ledger(new SimulatedProcess(_world, 0, store, _limits, Faults.None) { Urgent = true });
    }

    /// <summary>Runs a history over a store behind the sidecar's HTTP API.</summary>
    /// <param name="run">Keeps the keys of several runs over one store apart.</param>
    public static async Task<HistoryResult> RunAsync(HttpMessageInvoker store, int seed, string run, Flaw flaw = Flaw.None)
    {
        var history = new LedgerHistory(store, seed, run, flaw);
        try
        {
            await history._world.RunAsync(history.PlayAsync);
        }
        catch (Exception exception) when (exception is InvalidOperationException or ProblemException or DaprException)
        {
            // Nothing of the kind may come out of a history whose faults have ended.
            history._model.Violations.Add(exception.Message);
        }
        return history.Result();
    }

    private HistoryResult Result() => new(
        _seed, _world.Steps, _world.Trace, _model.Appends.Count, _model.Appends.Count(append => append.Outcome == Outcome.Acknowledged),
        _model.Appends.Count(append => append.Outcome == Outcome.Refused), _model.Takeovers, _crashes, _model.Deleted, _model.Violations);

    private async Task PlayAsync()
    {
        var random = _world.Random;
        var writers = Enumerable.Range(0, random.Next(1, 5)).Select(_ => LiveAsync(WriteAsync)).ToList();
        var readers = new[] { ReadAsync(NewProcess(Faults.None)), FollowAsync(NewProcess(Faults.None)), ReadAsync(NewProcess(_faults with { Crash = 0 })) };
        var deleter = random.Next(8) == 0 ? LiveAsync(DeleteAsync) : Task.CompletedTask;
        await Task.WhenAll([.. writers, deleter]);

        _world.Calm = true;
        var last = NewProcess(Faults.None);
        while (_world.IsInFlight)
            await PauseAsync(last);
        if (_model.Deleted)
            await CheckDeletedAsync();
        else
            await CheckLivingAsync(last);
        await Task.WhenAll(readers);
    }

    // The end must go on as well as the middle did: what the dead left behind holds nobody up.
    private async Task CheckLivingAsync(SimulatedProcess last)
    {
        var ledger = Ledger(last);
        if ((await ledger.ReadAsync(0, 1, default)).Fence is > 0 and var fence)
            ledger = await TakeOverAsync(last, ledger, fence + 1);
        for (var i = 0; i < 3; i++)
            await AppendAsync(ledger, [$"last:{i}@{ledger.Fence}"]);
        var final = await _oracle.ReadAsync(0, int.MaxValue, default);
        _model.Check(final.Entries);
        _finalEnd = final.End;
    }

    private async Task CheckDeletedAsync()
    {
        var final = await _oracle.ReadAsync(0, int.MaxValue, default);
        if (!final.Deleted || final.Entries.Count > 0)
            _model.Violations.Add("the deleted ledger is still there");
        _finalEnd = 0;
    }

    /// <summary>Runs work in a process, and again in another one when that dies.</summary>
    private async Task LiveAsync(Func<SimulatedProcess, Task> work)
    {
        for (var life = 0; ; life++)
        {
            var process = NewProcess(life < ReplacementsOfTheDead ? _faults : _faults with { Crash = 0 });
            var done = work(process);
            if (await Task.WhenAny(done, process.Gone) == done)
            {
                await done;
                return;
            }
            _crashes++;
        }
    }

    private async Task WriteAsync(SimulatedProcess process)
    {
        var random = _world.Random;
        var ledger = Ledger(process);
        for (var i = random.Next(2, 9); i > 0; i--)
        {
            try
            {
                if (_owned && (ledger.Fence == 0 || random.Next(6) == 0))
                    ledger = await TakeOverAsync(process, ledger, (await ledger.ReadAsync(0, 1, default)).Fence + 1);
                // Two at once share a write.
                var appends = Enumerable.Range(0, random.Next(4) == 0 ? 3 : 1).Select(n => AppendAsync(ledger, NewEntries(process, ledger, i, n))).ToList();
                await Task.WhenAll(appends);
            }
            catch (LedgerFencedException exception)
            {
                if (exception.Deleted)
                    return;
                // Somebody else owns it now; the next round may take it back.
                ledger = Ledger(process);
            }
            catch (Exception exception) when (exception is DaprException or ProblemException)
            {
                // The store did not answer, or others were faster: as a caller would, go on with something else.
            }
            if (random.Next(3) == 0)
                await PauseAsync(process);
        }
    }

    private List<string> NewEntries(SimulatedProcess process, Ledger<string> ledger, int round, int n) =>
        [.. Enumerable.Range(0, _world.Random.Next(1, 4)).Select(i => $"{process.Number}:{round}:{n}:{i}@{ledger.Fence}")];

    private async Task<Ledger<string>> TakeOverAsync(SimulatedProcess process, Ledger<string> ledger, long fence)
    {
        var taken = await ledger.TakeOverAsync(fence, default);
        _sabotage.Beliefs[process] = fence;
        _model.TakenOver(fence, await _oracle.CountAsync(default));
        return taken;
    }

    private async Task AppendAsync(Ledger<string> ledger, IReadOnlyList<string> entries)
    {
        var append = _model.Begin(entries, ledger.Fence);
        var late = _model.Deleted;
        try
        {
            _model.Acknowledged(append, await ledger.AppendAsync(entries, default), late);
        }
        catch (LedgerFencedException)
        {
            append.Outcome = Outcome.Refused;
            throw;
        }
    }

    private async Task DeleteAsync(SimulatedProcess process)
    {
        for (var wait = _world.Random.Next(20); wait > 0; wait--)
            await PauseAsync(process);
        while (true)
        {
            try
            {
                await Ledger(process).DeleteAsync(default);
                _model.Deleted = true;
                return;
            }
            catch (Exception exception) when (exception is DaprException or ProblemException)
            {
                // Whoever deletes repeats it until it is done.
            }
        }
    }

    private async Task ReadAsync(SimulatedProcess process)
    {
        long at = 0;
        while (_finalEnd < 0 || at < _finalEnd)
        {
            var (limit, atLeast) = (_world.Random.Next(1, 6), _model.AcknowledgedEnd);
            try
            {
                var slice = await Ledger(process).ReadAsync(at, limit, default);
                if (slice.Deleted)
                    return;
                _model.Read($"reader {process.Number}", at, limit, slice.First, slice.Entries, slice.End, atLeast);
                at = slice.Next;
            }
            catch (DaprException)
            {
                // Lost on the way; the position stands.
            }
            await PauseAsync(process);
        }
    }

    private async Task FollowAsync(SimulatedProcess process)
    {
        long at = 0;
        await foreach (var slice in Ledger(process).FollowAsync(0, default))
        {
            _model.Read($"follower {process.Number}", at, slice.Entries.Count, slice.First, slice.Entries, slice.End, 0);
            at = slice.Next;
            if (at == _finalEnd)
                return;
        }
    }

    private Ledger<string> Ledger(SimulatedProcess process) => process.Ledgers.Get<string>(_key);

    private SimulatedProcess NewProcess(Faults faults) => new(_world, ++_processes, _store, _limits, faults, _sabotage);

    private Task PauseAsync(SimulatedProcess process) => Task.Delay(TimeSpan.FromMilliseconds(10), new WorldTime(_world, process));
}
