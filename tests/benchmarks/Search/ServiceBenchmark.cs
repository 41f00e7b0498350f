using System.Diagnostics;
using System.Globalization;
using Agents.Defaults.Api;
using Agents.Defaults.State;
using Agents.Local;
using Agents.Local.Processes;
using Agents.Retrieval.Collections;
using Agents.Retrieval.Segments;
using Agents.Testing;
using Dapr.Client;

namespace Agents.Benchmarks.Search;

/// <summary>
/// Retrieval as its clients meet it: processes, HTTP, the local runtime, the built-in embedding model. How fast documents come in; a whole
/// hybrid search, the embedding of its query included; and a replica that has just started, which must load what it searches.
/// </summary>
internal static class ServiceBenchmark
{
    private const string Tenant = "default";
    private const int DocumentsPerRequest = 100;
    private const int PassagesPerSegment = 32_768;
    private const int Warmup = 50;
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(5);

    private sealed class TwoReplicas : Stack
    {
        protected override ValueTask<LocalHostOptions> ConfigureAsync(LocalHostOptions options) =>
            ValueTask.FromResult(options with { Replicas = new Dictionary<string, int> { ["retrieval"] = 2 } });
    }

    private static readonly int[] Sizes = [SearchBenchmark.Small, SearchBenchmark.Large];

    public static async Task RunAsync(CancellationToken cancellationToken)
    {
        if (DataSet.Cranfield() is not { } set)
            return;
        var passages = SearchBenchmark.Passages(set).Documents;
        await using var stack = new TwoReplicas();
        await stack.InitializeAsync();
        await IngestAsync(stack, set, cancellationToken);
        Console.WriteLine($"{"whole hybrid search by HTTP",-31}{"p50 ms",9}{"p99 ms",9}");
        var collections = new Dictionary<int, string>();
        var medians = new List<double>();
        foreach (var size in Sizes)
        {
            collections[size] = await StoreAsync(stack, passages[..size], cancellationToken);
            var times = await SearchAsync(stack, collections[size], set.Queries, cancellationToken);
            medians.Add(times[times.Count / 2]);
            Console.WriteLine(Text($"{size,7} passages{times[times.Count / 2],25:0.00}{times[(int)(times.Count * 0.99)],9:0.00}"));
        }
        Console.WriteLine(Text($"{(double)Sizes[^1] / Sizes[0]:0} times the passages take {medians[^1] / medians[0]:0.0} times as long"));
        await StartAsync(stack, collections[Sizes[^1]], set.Queries[0], Sizes[^1], cancellationToken);
    }

    private static async Task IngestAsync(Stack stack, DataSet set, CancellationToken cancellationToken)
    {
        var path = $"/v1/collections/{await NewCollectionAsync(stack, "ingested", cancellationToken)}";
        var started = Stopwatch.GetTimestamp();
        foreach (var some in set.Documents.Where(document => document.Text.Length > 0).Chunk(DocumentsPerRequest))
        {
            var documents = some.Select(document => new { title = $"{document.Id} {document.Title}"[..Math.Min(500, document.Id.Length + 1 + document.Title.Length)], text = document.Text });
            await stack.Operator.CreateAsync($"{path}/documents", new { documents }, cancellationToken);
        }
        var accepted = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var now = await stack.Operator.GetAsync(path, cancellationToken);
        await Eventually.TrueAsync(
            async () => (now = await stack.Operator.GetAsync(path, cancellationToken))["documents"] is { } counts && counts.Number("queued") + counts.Number("indexing") == 0,
            "all documents are indexed", cancellationToken, TimeSpan.FromMinutes(5));
        var took = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var chunks = now["index"].Number("chunks");
        Console.WriteLine(Text($"\n{set.Name} by the API: {now["documents"].Number("ready")} documents accepted in {accepted:0.0} s, ready in {took:0.0} s; {chunks} passages with vectors, {chunks / took:0} passages/s"));
    }

    private static async Task<string> StoreAsync(Stack stack, PreparedDocument[] passages, CancellationToken cancellationToken)
    {
        var id = await NewCollectionAsync(stack, $"stored {passages.Length}", cancellationToken);
        using var dapr = new DaprClientBuilder()
            .UseHttpEndpoint($"http://127.0.0.1:{stack.Host.Services.First(child => child.AppId == "retrieval").DaprHttpPort}")
            .UseDaprApiToken(stack.Host.DaprApiToken).UseJsonSerializationOptions(Json.Options).Build();
        var store = new SegmentStore(new Stores(dapr, TimeProvider.System), TimeProvider.System);
        var key = new CollectionKey(Tenant, id);
        var segments = new List<SegmentInfo>();
        foreach (var some in passages.Chunk(PassagesPerSegment))
            segments.Add(await store.WriteAsync(key, SegmentBuilder.Build(some, "embed-use-lite"), cancellationToken));
        if (!await store.TryWriteManifestAsync(key, new Manifest(1, segments, []), null, cancellationToken))
            throw new InvalidOperationException("The new collection has a manifest already.");
        return id;
    }

    private static async Task<List<double>> SearchAsync(Stack stack, string collection, IReadOnlyList<string> queries, CancellationToken cancellationToken)
    {
        var replica = stack.At("retrieval", 0, stack.Host.ApiKey);
        // No two are alike, so no cache answers.
        var n = 0;
        Task<double> AskAnotherAsync() => AskAsync(replica, collection, $"{queries[n % queries.Count]} {n++}", cancellationToken);
        while (n < Warmup)
            await AskAnotherAsync();
        var times = new List<double>();
        for (var begun = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begun) < Measured;)
            times.Add(await AskAnotherAsync());
        times.Sort();
        return times;
    }

    private static async Task StartAsync(Stack stack, string collection, string query, int passages, CancellationToken cancellationToken)
    {
        var replica = stack.Host.Services.Single(child => child.AppId == "retrieval" && child.Replica == 1);
        var restarts = replica.Restarts;
        replica.Kill();
        await Eventually.TrueAsync(() => replica.Restarts > restarts, "the replica is started again", cancellationToken);
        await replica.WaitUntilReadyAsync(cancellationToken);
        var before = Resident(replica);
        var took = await AskAsync(stack.At("retrieval", 1, stack.Host.ApiKey), collection, query, cancellationToken);
        Console.WriteLine(Text(
            $"a replica that has just started: first answer from {passages} passages after {took / 1_000:0.00} s; then {(Resident(replica) - before) / (double)passages:0} bytes more per passage are resident"));
    }

    /// <summary>Milliseconds of one hybrid search.</summary>
    private static async Task<double> AskAsync(ApiClient replica, string collection, string query, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var answer = await replica.CreateAsync($"/v1/collections/{collection}/search", new { query }, cancellationToken);
        var took = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        return answer.Text("mode") == "hybrid" ? took : throw new InvalidOperationException("The search went without vectors.");
    }

    private static async Task<string> NewCollectionAsync(Stack stack, string name, CancellationToken cancellationToken) =>
        (await stack.Operator.CreateAsync("/v1/collections", new { name }, cancellationToken)).Text("id");

    private static long Resident(Child child)
    {
        using var process = Process.GetProcessById(child.ProcessId ?? throw new InvalidOperationException("The replica is not running."));
        return process.WorkingSet64;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
