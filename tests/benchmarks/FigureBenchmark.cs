using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Agents.Analytics.Archive;
using Agents.Analytics.Audit;
using Agents.Analytics.Figures;
using Agents.Analytics.Folding;
using Agents.Analytics.Series;
using Agents.Contracts;
using Agents.Defaults;
using Agents.Defaults.Api;
using Agents.Defaults.Events;
using Agents.Defaults.Ledgers;
using Agents.Defaults.State;
using Agents.Testing;
using Agents.Testing.Ledgers;
using Dapr.Client;

namespace Agents.Benchmarks;

/// <summary>
/// Figures: how many events a second are archived and folded, and how many for each second of processor time; how soon an event shows while
/// 2,000 a second come in; how long 30 days by hour take with 100 tenants, and with ten times the history.
/// </summary>
internal static class FigureBenchmark
{
    private const int Events = 50_000;
    private const int Tenants = 100;
    private const int Queries = 200;
    private const int Load = 2_000;
    private static readonly TimeSpan LoadLength = TimeSpan.FromSeconds(60);

    public static async Task RunAsync(CancellationToken cancellationToken)
    {
        await using (var store = await LocalStore.StartAsync("state.sqlite", cancellationToken))
        {
            using var dapr = new DaprClientBuilder().UseHttpEndpoint(store.Endpoint.ToString()).UseJsonSerializationOptions(Json.Options).Build();
            var stores = new Stores(dapr, TimeProvider.System);
            var ledgers = new LedgerSet(stores, TimeProvider.System);
            var figures = new FigureStore(stores, ledgers);
            var archive = new EventArchive(stores, ledgers, new ServiceIdentity("analytics", "analytics", "a", "e", "1"), TimeProvider.System);
            await FoldAsync(archive, figures, new AuditLog(stores, ledgers, TimeProvider.System), cancellationToken);
            await QueryAsync(figures, cancellationToken);
        }
        await LagAsync(cancellationToken);
    }

    private static async Task FoldAsync(EventArchive archive, FigureStore figures, AuditLog audit, CancellationToken cancellationToken)
    {
        var random = new Random(1);
        var now = TimeProvider.System.GetUtcNow();
        var events = Enumerable.Range(0, Events).Select(n => Archived(Fact(random, $"tenant-{random.Next(Tenants)}", now.AddSeconds(-300 + (300.0 * n / Events)), n))).ToList();
        await MeasureAsync("archived", async () =>
        {
            foreach (var portion in events.Chunk(100))
                await archive.AppendAsync(portion, cancellationToken);
        });
        await MeasureAsync("folded, 100 tenants", async () =>
        {
            var folder = new Folder(archive, figures, audit, TimeProvider.System);
            for (var shard = 0; shard < FigureStore.Shards; shard++)
                await folder.TakeAsync(shard, 1, cancellationToken);
            await folder.RoundAsync(true, cancellationToken);
        });
    }

    private static async Task MeasureAsync(string what, Func<Task> work)
    {
        using var self = Process.GetCurrentProcess();
        var (started, before) = (Stopwatch.GetTimestamp(), self.TotalProcessorTime);
        await work();
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        self.Refresh();
        var processor = (self.TotalProcessorTime - before).TotalSeconds;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{what,-32}{Events / seconds,10:0} events/s{Events / processor,12:0} events per processor second of analytics (the store's not counted)"));
    }

    private static async Task QueryAsync(FigureStore figures, CancellationToken cancellationToken)
    {
        var last = Block.At(Grain.Hour, TimeProvider.System.GetUtcNow()).Number - 1;
        await Parallel.ForEachAsync(Enumerable.Range(0, Tenants), cancellationToken, async (tenant, token) => await FillAsync(figures, $"old-{tenant}", last, 30, token));
        await TimeAsync("30 days by hour, 100 tenants", figures, () => $"old-{Random.Shared.Next(Tenants)}", cancellationToken);
        await FillAsync(figures, "long", last, 300, cancellationToken);
        await TimeAsync("the same of 300 days", figures, () => "long", cancellationToken);
    }

    private static async Task FillAsync(FigureStore figures, string tenant, long last, int days, CancellationToken cancellationToken)
    {
        var random = new Random(days);
        var tally = new Tally();
        for (var n = 0; n < 400; n++)
            tally.Add(Fact(random, tenant, TimeProvider.System.GetUtcNow(), n));
        await Parallel.ForEachAsync(Enumerable.Range(0, days * 24), cancellationToken, async (back, token) =>
            await figures.WriteAsync(tenant, new Block(Grain.Hour, last - back), tally, 1, token));
    }

    private static async Task TimeAsync(string what, FigureStore figures, Func<string> tenant, CancellationToken cancellationToken)
    {
        var reader = new FigureReader(figures, TimeProvider.System);
        var latencies = new List<double>();
        for (var n = 0; n < Queries; n++)
        {
            var now = TimeProvider.System.GetUtcNow();
            var parameters = new FigureParameters("turns,cost,latency_p95,error_rate", now.AddDays(-30).ToString("yyyy-MM-dd'T'HH':00:00Z'", CultureInfo.InvariantCulture), null, "hour", null, null, null);
            var started = Stopwatch.GetTimestamp();
            var query = FigureQuery.Read(parameters, now).Query!;
            var steps = await reader.StepsAsync(tenant(), query.Steps, [Dimension.Total], cancellationToken);
            var answer = JsonSerializer.SerializeToUtf8Bytes(FigureBuilder.Build(query, steps, false, now), Json.Options);
            latencies.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            if (answer.Length < 10_000)
                throw new InvalidOperationException("There are no figures.");
        }
        Print(what, latencies);
    }

    /// <summary>From the broker's confirmation of an event until its tenant's figures show it, with many others under way.</summary>
    private static async Task LagAsync(CancellationToken cancellationToken)
    {
        await using var stack = new Stack();
        await stack.InitializeAsync();
        using var dapr = new DaprClientBuilder().UseHttpEndpoint($"http://127.0.0.1:{stack.Host.Services.First(child => child.AppId == "conversation").DaprHttpPort}")
            .UseDaprApiToken(stack.Host.DaprApiToken).UseJsonSerializationOptions(Json.Options).Build();
        var probe = (await stack.Operator.CreateAsync("/v1/tenants", new { name = "probe" }, cancellationToken)).Text("id");
        var client = await stack.NewKeyAsync(probe, cancellationToken, "analytics");
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        end.CancelAfter(LoadLength);
        var load = LoadAsync(dapr, end.Token);
        var (latencies, random) = (new List<double>(), new Random(3));
        while (!end.IsCancellationRequested)
        {
            await dapr.BulkPublishEventAsync("pubsub", Topics.Turn, [Message(Turn(random, probe, TimeProvider.System.GetUtcNow(), latencies.Count))], null, cancellationToken);
            var started = Stopwatch.GetTimestamp();
            await Eventually.TrueAsync(
                async () => (await client.GetAsync("/v1/analytics/summary", cancellationToken))["agent"].Number("turns") > latencies.Count, "the event shows", cancellationToken);
            latencies.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
        var published = await load;
        Print(string.Create(CultureInfo.InvariantCulture, $"shows after, at {published / LoadLength.TotalSeconds:0}/s"), latencies);
    }

    private static async Task<int> LoadAsync(DaprClient dapr, CancellationToken cancellationToken)
    {
        var (random, published) = (new Random(2), 0);
        var started = Stopwatch.GetTimestamp();
        while (!cancellationToken.IsCancellationRequested)
        {
            var facts = Enumerable.Range(0, 100).Select(n => Message(Turn(random, $"tenant-{random.Next(20)}", TimeProvider.System.GetUtcNow(), published + n))).ToList();
            await dapr.BulkPublishEventAsync("pubsub", Topics.Turn, facts, null, CancellationToken.None);
            published += facts.Count;
            var ahead = TimeSpan.FromSeconds((double)published / Load) - Stopwatch.GetElapsedTime(started);
            if (ahead > TimeSpan.Zero)
                await Task.Delay(ahead, CancellationToken.None);
        }
        return published;
    }

    private static void Print(string what, List<double> latencies)
    {
        latencies.Sort();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{what,-32}p50 {latencies[latencies.Count / 2],7:0} ms  p99 {latencies[(int)(latencies.Count * 0.99)],7:0} ms  ({latencies.Count} times)"));
    }

    private static IEvent Fact(Random random, string tenant, DateTimeOffset time, int n) => random.Next(2) == 0 ? Turn(random, tenant, time, n) : new CallCompleted(
        tenant, time, $"c{n}", $"t{n}", null, "default", $"model-{random.Next(4)}", null, "stable", "small", "alias", "none", random.Next(4_000), random.Next(900), 0,
        random.Next(100_000), random.Next(900), random.Next(9_000), null, $"agent-{random.Next(5)}", 1, $"user-{random.Next(50)}");

    private static TurnCompleted Turn(Random random, string tenant, DateTimeOffset time, int n) =>
        new(tenant, time, $"t{n}", "s", $"agent-{random.Next(5)}", 1, [], [], random.Next(900), random.Next(9_000), $"user-{random.Next(50)}");

    private static string TypeOf(IEvent fact) => fact is CallCompleted ? CallCompleted.Type : TurnCompleted.Type;

    private static ArchivedEvent Archived(IEvent fact) =>
        new(fact.Id, TypeOf(fact), fact.Tenant, fact.Time, fact.Time, JsonSerializer.SerializeToElement<object>(fact, Json.Options));

    private static EventMessage Message(TurnCompleted fact) => new(JsonSerializer.SerializeToElement(fact, Json.Options))
    {
        Id = fact.Id,
        Type = TurnCompleted.Type,
        Source = new Uri("bench", UriKind.Relative),
        Time = fact.Time,
    };
}
