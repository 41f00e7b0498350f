using System.Diagnostics;
using System.Globalization;
using Agents.Defaults.Api;
using Agents.Defaults.Ledgers;
using Agents.Defaults.State;
using Agents.Testing.Ledgers;
using Dapr.Client;

namespace Agents.Benchmarks;

/// <summary>A ledger through the local runtime with <c>state.sqlite</c>: appends by one writer and to 32 ledgers at once, and a long read.</summary>
internal static class LedgerBenchmark
{
    private const int Entries = 10_000;
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(CancellationToken cancellationToken)
    {
        await using var store = await LocalStore.StartAsync("state.sqlite", cancellationToken);
        using var dapr = new DaprClientBuilder().UseHttpEndpoint(store.Endpoint.ToString()).UseJsonSerializationOptions(Json.Options).Build();
        var ledgers = new LedgerSet(new Stores(dapr, TimeProvider.System), TimeProvider.System);
        await AppendAsync(ledgers, "warm", 4, TimeSpan.FromSeconds(1), cancellationToken);

        Console.WriteLine($"{"work",-34}{"per s",10}{"p50 ms",9}{"p99 ms",9}");
        foreach (var writers in new[] { 1, 32 })
        {
            var latencies = await AppendAsync(ledgers, $"bench-{writers}", writers, Length, cancellationToken);
            Print($"appends to {writers} ledger{(writers == 1 ? "" : "s")}", latencies.Count / Length.TotalSeconds, latencies);
        }
        var shared = await AppendAsync(ledgers, null, 32, Length, cancellationToken);
        Print("appends by 32 callers to 1 ledger", shared.Count / Length.TotalSeconds, shared);

        var ledger = ledgers.Get<Entry>("long");
        for (var n = 0; n < Entries; n += 100)
            await ledger.AppendAsync([.. Enumerable.Range(n, 100).Select(NewEntry)], cancellationToken);
        var reads = new List<double>();
        for (var n = 0; n < 20; n++)
        {
            var started = Stopwatch.GetTimestamp();
            if ((await ledger.ReadAsync(0, Entries, cancellationToken)).Entries.Count != Entries)
                throw new InvalidOperationException("The ledger does not read back whole.");
            reads.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
        Print($"reads of {Entries} entries", 1_000 * reads.Count / reads.Sum(), reads);
    }

    private static async Task<List<double>> AppendAsync(LedgerSet ledgers, string? name, int writers, TimeSpan length, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        var all = await Task.WhenAll(Enumerable.Range(0, writers).Select(async writer =>
        {
            var ledger = ledgers.Get<Entry>(name is null ? "bench-shared" : $"{name}/{writer}");
            var latencies = new List<double>();
            for (var n = 0; Stopwatch.GetElapsedTime(began) < length; n++)
            {
                var started = Stopwatch.GetTimestamp();
                await ledger.AppendAsync([NewEntry(n)], cancellationToken);
                latencies.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }
            return latencies;
        }));
        return [.. all.SelectMany(latencies => latencies)];
    }

    // Of the size of a fact or an id with something about it.
    private static Entry NewEntry(int n) => new("doc_0199c1f2a0b17c3d8e4f5a6b7c8d9e0f", "an entry of ordinary size", n);

    private static void Print(string work, double perSecond, List<double> latencies)
    {
        latencies.Sort();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{work,-34}{perSecond,10:0}{latencies[latencies.Count / 2],9:0.00}{latencies[latencies.Count * 99 / 100],9:0.00}"));
    }

    private sealed record Entry(string Id, string Text, int Number);
}
