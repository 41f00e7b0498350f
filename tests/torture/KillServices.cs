using System.Diagnostics;
using Agents.Local;
using Agents.Testing;

namespace Agents.Torture;

/// <summary>
/// SIGKILLs of random service processes under load. Afterwards every accepted document must be ready exactly once, every accepted
/// session there, and every turn ended; a turn that was cut must be failed and its repetition must succeed.
/// </summary>
internal static class KillServices
{
    private const int Clients = 6;

    private sealed class PairStack : Stack
    {
        protected override ValueTask<LocalHostOptions> ConfigureAsync(LocalHostOptions options) => ValueTask.FromResult(options with
        {
            Replicas = new Dictionary<string, int> { ["conversation"] = 2, ["retrieval"] = 2, ["inference"] = 2, ["analytics"] = 2 },
        });
    }

    public static async Task<bool> RunAsync(TortureOptions options, CancellationToken cancellationToken)
    {
        await using var stack = new PairStack();
        await stack.InitializeAsync();
        var user = stack.Operator;
        var collection = (await user.CreateAsync("/v1/collections", new { name = "torture" }, cancellationToken)).Text("id");
        await user.AddReadyDocumentAsync(collection, "facts.md", "The lighthouse was built in 1904. Its lamp turns every nine seconds.", cancellationToken);

        var ledger = new ClientLedger();
        using var load = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var clients = Enumerable.Range(0, Clients).Select(n => new LoadClient(stack, collection, ledger, n).RunAsync(load.Token)).ToList();
        await KillAsync(stack, options, ledger, cancellationToken);
        await load.CancelAsync();
        await Task.WhenAll(clients);

        Console.WriteLine("load ended; checking what was accepted");
        var started = Stopwatch.GetTimestamp();
        foreach (var child in stack.Host.Services)
            await child.WaitUntilReadyAsync(cancellationToken);
        var verdict = await Checker.CheckAsync(stack.Operator, collection, ledger, cancellationToken);
        Console.WriteLine($"""
            kills                {options.Kills} (restarts seen: {stack.Host.Services.Sum(child => child.Restarts)})
            accepted documents   {ledger.Documents.Count}; lost {verdict.LostDocuments}, doubled {verdict.DoubledDocuments}{Statistics.Bound(verdict.LostDocuments, ledger.Documents.Count)}
            accepted sessions    {ledger.Sessions.Count}; lost {verdict.LostSessions}{Statistics.Bound(verdict.LostSessions, ledger.Sessions.Count)}
            turns                {verdict.Turns}; completed {verdict.Completed}, failed {verdict.Failed}, vanished or left running {verdict.Vanished}{Statistics.Bound(verdict.Vanished, verdict.Turns)}
            cut streams          {ledger.CutStreams}; repeated {verdict.Repeated}, of these not answered {verdict.NotRepeatable}
            refused requests     {ledger.Refused} (clear 4xx/503/504), broken connections {ledger.Broken}, unclear answers {ledger.Unclear.Count}
            checked within       {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s after the load ended
            """);
        foreach (var problem in verdict.Problems.Concat(ledger.Unclear).Take(20))
            Console.WriteLine("  " + problem);
        return verdict.Good && ledger.Unclear.IsEmpty;
    }

    private static async Task KillAsync(Stack stack, TortureOptions options, ClientLedger ledger, CancellationToken cancellationToken)
    {
        var random = new Random(options.Seed);
        for (var n = 1; n <= options.Kills; n++)
        {
            await Task.Delay(random.Next(300, 2_000), cancellationToken);
            var victim = stack.Host.Services[random.Next(stack.Host.Services.Count)];
            Console.WriteLine($"kill {n,3}: {victim.Name} ({ledger.Documents.Count} documents, {ledger.Sessions.Count} sessions accepted so far)");
            victim.Kill();
        }
        await Task.Delay(1_000, cancellationToken);
    }
}
