using Agents.Benchmarks;
using Agents.Benchmarks.Memory;
using Agents.Benchmarks.Search;

// Whole-process load on loopback: ./test.sh bench [NAME]. Machines are shared and noisy: compare rows of one run, and ratios.
var benchmarks = new Dictionary<string, Func<CancellationToken, Task>>
{
    ["runtime"] = RuntimeBenchmark.RunAsync,
    ["actors"] = ActorBenchmark.RunAsync,
    ["workflows"] = WorkflowBenchmark.RunAsync,
    ["embeddings"] = EmbeddingBenchmark.RunAsync,
    ["ledger"] = LedgerBenchmark.RunAsync,
    ["turns"] = TurnBenchmark.RunAsync,
    ["jobs"] = JobBenchmark.RunAsync,
    ["supervisor"] = SupervisorBenchmark.RunAsync,
    ["sse"] = StreamBenchmark.RunAsync,
    ["figures"] = FigureBenchmark.RunAsync,
    ["memory"] = MemoryBenchmark.RunAsync,
    ["guardrails"] = GuardrailBenchmark.RunAsync,
    ["search"] = SearchBenchmark.RunAsync,
    ["search-service"] = ServiceBenchmark.RunAsync,
    ["gateway"] = GatewayBenchmark.RunAsync,
    ["gateway-memory"] = GatewayBenchmark.RunMemoryAsync,
};
var chosen = args.Length == 0 ? benchmarks.Keys : args.AsEnumerable();
foreach (var name in chosen)
{
    if (!benchmarks.TryGetValue(name, out var run))
    {
        Console.Error.WriteLine($"unknown benchmark '{name}': {string.Join(", ", benchmarks.Keys)}");
        return 2;
    }
    await run(CancellationToken.None);
}
return 0;
