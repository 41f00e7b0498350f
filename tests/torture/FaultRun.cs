using System.Diagnostics;
using Agents.Local;
using Agents.Testing;

namespace Agents.Torture;

/// <summary>
/// A stack under load while faults come and go. Afterwards every accepted document must be ready exactly once, every accepted session
/// there, and every turn ended; a turn that was cut must be failed and its repetition must succeed.
/// </summary>
internal abstract class FaultRun : Stack
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<double> _recoveries = [];

    protected Random Random { get; private set; } = Random.Shared;

    /// <summary>How many processes each service has.</summary>
    protected virtual int Replicas => 2;

    /// <summary>One fault, from its begin until it is over; says what it was.</summary>
    protected abstract Task<string> FaultAsync(int number, CancellationToken cancellationToken);

    protected override ValueTask<LocalHostOptions> ConfigureAsync(LocalHostOptions options) => ValueTask.FromResult(options with
    {
        Replicas = new[] { "conversation", "retrieval", "inference", "analytics" }.ToDictionary(app => app, _ => Replicas),
    });

    /// <returns>Whether nothing was lost, doubled or left unclear.</returns>
    public async Task<bool> RunAsync(TortureOptions options, Action<string> say, CancellationToken cancellationToken)
    {
        Random = new Random(options.Seed);
        await InitializeAsync();
        var collection = (await Operator.CreateAsync("/v1/collections", new { name = "torture" }, cancellationToken)).Text("id");
        await Operator.AddReadyDocumentAsync(collection, "facts.md", "The lighthouse was built in 1904. Its lamp turns every nine seconds.", cancellationToken);

        var ledger = new ClientLedger();
        using var load = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var clients = Enumerable.Range(0, options.Clients).Select(n => new LoadClient(this, collection, ledger, n).RunAsync(load.Token)).ToList();
        for (var n = 1; n <= options.Count; n++)
        {
            await Task.Delay(Random.Next(300, 2_000), cancellationToken);
            var what = await FaultAsync(n, cancellationToken);
            var recovery = await RecoveryAsync(cancellationToken);
            say($"{n,4}: {what}; answers again after {recovery:0.00} s ({ledger.Documents.Count} documents, {ledger.Sessions.Count} sessions accepted so far)");
        }
        await Task.Delay(1_000, cancellationToken);
        await load.CancelAsync();
        await Task.WhenAll(clients);

        say("load ended; checking what was accepted");
        var started = Stopwatch.GetTimestamp();
        foreach (var child in Host.Services.Concat(Host.Dapr))
            await child.WaitUntilReadyAsync(cancellationToken);
        var verdict = await Checker.CheckAsync(Operator, collection, ledger, cancellationToken);
        _recoveries.Sort();
        say($"""
            faults               {options.Count} (restarts seen: {Host.Services.Concat(Host.Dapr).Sum(child => child.Restarts)}); answers again after: median {_recoveries[_recoveries.Count / 2]:0.00} s, longest {_recoveries[^1]:0.00} s
            accepted documents   {ledger.Documents.Count}; lost {verdict.LostDocuments}, doubled {verdict.DoubledDocuments}{Bound(verdict.LostDocuments + verdict.DoubledDocuments, ledger.Documents.Count)}
            accepted sessions    {ledger.Sessions.Count}; lost {verdict.LostSessions}{Bound(verdict.LostSessions, ledger.Sessions.Count)}
            turns                {verdict.Turns}; completed {verdict.Completed}, failed {verdict.Failed}, vanished or left running {verdict.Vanished}{Bound(verdict.Vanished, verdict.Turns)}
            cut streams          {ledger.CutStreams}; repeated {verdict.Repeated}, of these not answered {verdict.NotRepeatable}
            refused requests     {ledger.Refused} (clear 4xx/503/504), broken connections {ledger.Broken}, unclear answers {ledger.Unclear.Count}{Bound(ledger.Unclear.Count, ledger.Refused)}
            faults with a loss  {Bound(verdict.Good ? 0 : 1, options.Count)}
            checked within       {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s after the load ended
            """);
        foreach (var problem in verdict.Problems.Concat(ledger.Unclear).Take(20))
            say("  " + problem);
        return verdict.Good && ledger.Unclear.IsEmpty;
    }

    /// <summary>Seconds until a turn is answered again.</summary>
    private async Task<double> RecoveryAsync(CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        await Eventually.TrueAsync(
            async () => await LoadClient.AnswersAsync(Operator, cancellationToken), "a turn is answered again", cancellationToken, Patience);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        _recoveries.Add(seconds);
        return seconds;
    }

    // Zero failures in n trials bound the true rate at 3/n with 95 % confidence.
    private static string Bound(int failures, int trials) => failures == 0 && trials > 0 ? $" (0 in {trials}: true rate at most {Math.Min(100, 300d / trials):0.##} %)" : "";
}
