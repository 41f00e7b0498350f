using System.Diagnostics;
using System.Net;
using Agents.Local;
using Agents.Testing;

namespace Agents.Torture.Soak;

/// <summary>
/// Steady load that keeps two cores about 40 % busy, with a fault every 30 to 120 s, for as long as is asked. What was accepted before the
/// last fault is checked while load and faults go on and then deleted, so that the amount of data stays the same. Processes that no fault
/// ends must not grow.
/// </summary>
internal sealed class SoakRun : Stack
{
    private const int Clients = 6;
    private const int LoadFactor = 4;
    private static readonly TimeSpan Warming = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>In shorter runs growth cannot be told from warming up.</summary>
    private static readonly TimeSpan LongEnoughToJudge = TimeSpan.FromMinutes(30);

    private readonly SoakTotals _totals = new();
    private string _collection = "";
    private volatile Book _book = new();

    /// <summary>One check after the other.</summary>
    private Task _checking = Task.CompletedTask;

    /// <summary>What clients do between two faults.</summary>
    private sealed class Book
    {
        public ClientLedger Ledger { get; } = new();

        /// <summary>The latest round of each client.</summary>
        public Task[] Rounds { get; } = [.. Enumerable.Repeat(Task.CompletedTask, Clients)];
    }

    protected override ValueTask<LocalHostOptions> ConfigureAsync(LocalHostOptions options) => ValueTask.FromResult(options with
    {
        RuntimeArguments = ["--enable-fault-injection"],
        Replicas = new[] { "conversation", "retrieval", "inference", "analytics" }.ToDictionary(app => app, _ => 2),
    });

    /// <param name="options"><c>Count</c> is the length in seconds.</param>
    /// <param name="say">Takes the figures.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <returns>Whether nothing was lost, doubled or left unclear, and nothing grew.</returns>
    public async Task<bool> RunAsync(TortureOptions options, Action<string> say, CancellationToken cancellationToken)
    {
        await InitializeAsync();
        _collection = (await Operator.CreateAsync("/v1/collections", new { name = "soak" }, cancellationToken)).Text("id");
        await Operator.AddReadyDocumentAsync(_collection, "facts.md", "The lighthouse was built in 1904. Its lamp turns every nine seconds.", cancellationToken);
        var pace = await PaceAsync(cancellationToken);
        say($"a round takes {pace.TotalMilliseconds / LoadFactor:0} ms under full load; each of {Clients} clients makes one in {pace.TotalMilliseconds:0} ms");

        using var load = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watch = new ProcessWatch([.. Host.Dapr, .. Host.Services.Where(service => service.Replica == 0)]);
        var watching = watch.RunAsync(load.Token);
        var clients = Enumerable.Range(0, Clients).Select(number => LoadAsync(number, pace, load.Token)).ToList();
        var faults = await FaultsAsync(new SoakFaults(Host, new Random(options.Seed)), watch, TimeSpan.FromSeconds(options.Count), say, cancellationToken);
        await load.CancelAsync();
        await Task.WhenAll([.. clients, watching]);
        await CheckAfterAsync(_checking, _book, cancellationToken);

        var length = TimeSpan.FromSeconds(options.Count);
        say($"""
            ran for              {length.TotalSeconds:0} s, {faults} faults; longest time until a turn was answered again {_totals.LongestRecovery.TotalSeconds:0.0} s
            {_totals}
            {watch}
            """);
        foreach (var problem in _totals.Problems.Take(20))
            say("  " + problem);
        return _totals.Good && watch.Ended == 0 && (length < LongEnoughToJudge || watch.Steady);
    }

    /// <summary>
    /// Four times the time of a round under full load: the clients make a quarter of it, and to check and delete what they made is as much again.
    /// </summary>
    private async Task<TimeSpan> PaceAsync(CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var rounds = 0;
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async number =>
        {
            for (var n = 0; Stopwatch.GetElapsedTime(started) < Warming && !cancellationToken.IsCancellationRequested; n++)
            {
                await new LoadClient(this, _collection, _book.Ledger, number).RoundAsync(n);
                Interlocked.Increment(ref rounds);
            }
        }));
        return Stopwatch.GetElapsedTime(started) * Clients / Math.Max(1, rounds) * LoadFactor;
    }

    private async Task LoadAsync(int number, TimeSpan pace, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(pace);
        try
        {
            // The rounds of the warming-up had the first numbers.
            for (var n = 1_000_000; await timer.WaitForNextTickAsync(cancellationToken); n++)
            {
                var book = _book;
                await (book.Rounds[number] = new LoadClient(this, _collection, book.Ledger, number).RoundAsync(n));
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The load ends.
        }
    }

    private async Task<int> FaultsAsync(SoakFaults faults, ProcessWatch watch, TimeSpan length, Action<string> say, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        for (var n = 1; ; n++)
        {
            var rest = length - Stopwatch.GetElapsedTime(started);
            var pause = faults.NextPause();
            await Task.Delay(pause < rest ? pause : rest > TimeSpan.Zero ? rest : TimeSpan.Zero, cancellationToken);
            if (pause >= rest)
                return n - 1;
            var what = await faults.NextAsync(cancellationToken);
            var over = Stopwatch.GetTimestamp();
            await Eventually.TrueAsync(async () => await LoadClient.AnswersAsync(Operator, cancellationToken), $"a turn is answered after {what}", cancellationToken, Patience);
            var recovery = Stopwatch.GetElapsedTime(over);
            var book = _book;
            _book = new Book();
            _checking = CheckAfterAsync(_checking, book, cancellationToken);
            _totals.Recovered(recovery);
            say($"{Stopwatch.GetElapsedTime(started):hh\\:mm\\:ss} {what}; answers again after {recovery.TotalSeconds:0.00} s; {_totals.Documents} documents, {_totals.Turns} turns checked, {_totals.Problems.Count} problems; {watch.Latest} MB");
        }
    }

    /// <summary>Compares what was promised with what is there, once nobody adds to it, and clears it away.</summary>
    private async Task CheckAfterAsync(Task former, Book book, CancellationToken cancellationToken)
    {
        await Task.WhenAll([former, .. book.Rounds]);
        var verdict = await Checker.CheckAsync(Operator, _collection, book.Ledger, cancellationToken);
        _totals.Add(book.Ledger, verdict);
        var done = book.Ledger.Documents.Keys.Select(document => $"/v1/collections/{_collection}/documents/{document}")
            .Concat(book.Ledger.Sessions.Keys.Select(session => $"/v1/sessions/{session}"));
        await Parallel.ForEachAsync(
            done, new ParallelOptions { MaxDegreeOfParallelism = Clients, CancellationToken = cancellationToken }, async (path, token) => await DeleteAsync(path, token));
    }

    private Task DeleteAsync(string path, CancellationToken cancellationToken) => Eventually.TrueAsync(
        async () =>
        {
            try
            {
                using var answer = await Operator.Http.DeleteAsync(path, cancellationToken);
                return answer.IsSuccessStatusCode || answer.StatusCode == HttpStatusCode.NotFound;
            }
            catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
            {
                // The effects of a fault may outlast it: asked again.
                return false;
            }
        },
        $"{path} is deleted", cancellationToken, Patience);
}
