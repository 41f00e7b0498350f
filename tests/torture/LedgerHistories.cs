using System.Diagnostics;
using Agents.Testing;
using Agents.Testing.Ledgers;

namespace Agents.Torture;

/// <summary>Random histories of a ledger on three stores; each is checked against what the ledger promises.</summary>
internal static class LedgerHistories
{
    public static async Task<bool> RunAsync(TortureOptions options, CancellationToken cancellationToken)
    {
        await using var sqlite = await LocalStore.StartAsync("state.sqlite", cancellationToken);
        await using var memory = await LocalStore.StartAsync("state.in-memory", cancellationToken);
        var stores = new (string Name, Func<HttpMessageInvoker> Open)[]
        {
            ("like Redis", RedisLikeStore.New), ("state.sqlite", () => sqlite.Http), ("state.in-memory", () => memory.Http),
        };
        var verdicts = await Task.WhenAll(stores.Select((store, n) => Task.Run(
            () => RunAsync(store.Name, store.Open, options.Seed, (options.Count + n) / stores.Length, cancellationToken), cancellationToken)));
        return verdicts.All(good => good);
    }

    private static async Task<bool> RunAsync(string name, Func<HttpMessageInvoker> open, int seed, int histories, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var results = new List<HistoryResult>();
        for (var n = 0; n < histories; n++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            results.Add(await LedgerHistory.RunAsync(open(), unchecked(seed + n), "t"));
        }
        var bad = results.Where(result => result.Violations.Count > 0).ToList();
        var acknowledged = results.Sum(result => result.Acknowledged);
        Console.WriteLine($"""
            {name}: {histories} histories from seed {seed} on in {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s, {results.Sum(result => (long)result.Steps)} steps
              appends {results.Sum(result => result.Appends)}: acknowledged {acknowledged}, refused {results.Sum(result => result.Refused)}; takeovers {results.Sum(result => result.Takeovers)}, crashes {results.Sum(result => result.Crashes)}, deletions {results.Count(result => result.Deleted)}
              wrong histories {bad.Count}{Statistics.Bound(bad.Count, histories)}
            """);
        foreach (var result in bad.Take(10))
            Console.WriteLine($"  seed {result.Seed}: {string.Join("; ", result.Violations.Take(3))}");
        return bad.Count == 0;
    }
}
