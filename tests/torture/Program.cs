using System.Globalization;
using Agents.Torture;
using Agents.Torture.Actors;
using Agents.Torture.Jobs;
using Agents.Torture.Soak;

// Long fault runs, by name. Each prints its seed, so that a run which fails can be repeated, and its figures. With
// AGENTS_TOPOLOGY=cluster they meet one process per app id instead of one per service.
var runs = new Dictionary<string, (int Count, Func<TortureOptions, CancellationToken, Task<bool>> RunAsync)>
{
    ["kill-services"] = (20, RunAsync<KillServices>),
    ["kill-pair"] = (150, RunAsync<KillPair>),
    ["store-full"] = (50, RunAsync<StoreFull>),
    ["clock-skew"] = (60, RunAsync<ClockSkew>),
    ["partition"] = (100, RunAsync<Partition>),
    ["rolling"] = (50, RunAsync<RollingRestart>),
    ["rotation"] = (30, RunAsync<Rotation>),
    ["upgrade"] = (20, RunAsync<Upgrade>),
    ["soak"] = (3_600, RunSoakAsync),
    ["actors"] = (10_000, RunActorsAsync),
    ["workflows"] = (100, Workflows.RunAsync),
    ["ledger"] = (10_000, LedgerHistories.RunAsync),
    ["turns"] = (500, Turns.RunAsync),
    ["turn-pauses"] = (300, Turns.RunPausesAsync),
    ["turn-callees"] = (600, Turns.RunCalleesAsync),
    ["jobs"] = (2_000, JobStorms.AnyAsync),
    ["supervisor"] = (400, Supervisor.RunAsync),
    ["workers"] = (300, JobStorms.WorkersAsync),
    ["broker"] = (250, BrokerFaults.RunAsync),
    ["scaling"] = (30, Scaling.RunAsync),
    ["poison"] = (300, Poison.RunAsync),
    ["fairness"] = (5_000, Fairness.RunAsync),
    ["webhooks"] = (500, WebhookDeliveries.RunAsync),
    ["ingest"] = (2_000, (options, cancellationToken) => IngestRun.RunAsync(options, Console.WriteLine, cancellationToken)),
    ["figures"] = (50_000, FigureRun.RunAsync),
    ["model-faults"] = (400, RunModelFaultsAsync),
    ["requests"] = (200_000, Requests.RunAsync),
    ["retries"] = (3_000, Retries.RunAsync),
    ["answers"] = (500, Answers.RunAsync),
};
if (args.Length == 0 || !runs.TryGetValue(args[0], out var run) || args.Length % 2 == 0)
{
    Console.Error.WriteLine($"usage: ./test.sh torture NAME [--seed N] [--count N]\nnames: {string.Join(", ", runs.Keys)}");
    return 2;
}
var given = args.Skip(1).Chunk(2).ToDictionary(pair => pair[0], pair => int.Parse(pair[1], CultureInfo.InvariantCulture));
var options = new TortureOptions(given.GetValueOrDefault("--seed", Random.Shared.Next(1_000_000)), given.GetValueOrDefault("--count", run.Count));
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};
Console.WriteLine($"{args[0]} --seed {options.Seed} --count {options.Count}");
try
{
    return await run.RunAsync(options, stop.Token) ? 0 : 1;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    Console.Error.WriteLine("stopped before the end: no figures");
    return 2;
}

static async Task<bool> RunAsync<T>(TortureOptions options, CancellationToken cancellationToken)
    where T : FaultRun, new()
{
    await using var run = new T();
    return await run.RunAsync(options, Console.WriteLine, cancellationToken);
}

static async Task<bool> RunSoakAsync(TortureOptions options, CancellationToken cancellationToken)
{
    await using var run = new SoakRun();
    return await run.RunAsync(options, Console.WriteLine, cancellationToken);
}

static async Task<bool> RunModelFaultsAsync(TortureOptions options, CancellationToken cancellationToken)
{
    await using var run = new ModelFaults();
    return await run.RunAsync(options, Console.WriteLine, cancellationToken);
}

static async Task<bool> RunActorsAsync(TortureOptions options, CancellationToken cancellationToken)
{
    var build = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
    var verdict = await ActorTorture.RunAsync(build, options.Seed, actors: 50, increments: options.Count, Console.WriteLine, cancellationToken);
    Console.WriteLine($"""
        increments           {verdict.Acknowledged} acknowledged, {verdict.Sum} counted; {verdict.Repeated} attempts repeated
        hits                 {verdict.AppKills} app kills, {verdict.RuntimeKills} runtime kills, {verdict.Pauses} pauses
        turns at once        {verdict.Notes.Count}
        reminders            {verdict.Reminded} of {verdict.Actors}
        took                 {verdict.Took.TotalSeconds:0.0} s
        """);
    foreach (var note in verdict.Notes.Take(20))
        Console.WriteLine("  " + note);
    return verdict.Good;
}

/// <param name="Seed">Decides what goes wrong and when.</param>
/// <param name="Count">How much of it: faults, increments, histories or turns; of a soak, seconds.</param>
/// <param name="Clients">How many users keep a stack under load.</param>
internal sealed record TortureOptions(int Seed, int Count, int Clients = 6);
