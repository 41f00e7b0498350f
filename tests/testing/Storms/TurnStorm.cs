using Agents.Local.Processes;
using Agents.Testing.FakeModels;

namespace Agents.Testing.Storms;

/// <summary>How hard it blows.</summary>
/// <param name="Turns">Turns asked at least.</param>
/// <param name="Kills">So many kills, then it is calm; 0: as long as turns are asked.</param>
/// <param name="Clients">Users at a time, each with sessions of five turns.</param>
/// <param name="Words">Length of an answer; the model takes <paramref name="Pause"/> for each.</param>
/// <param name="Calm">The longest time between two faults.</param>
public sealed record StormOptions(int Seed, int Turns, int Kills, int Clients, int Words, TimeSpan Pause, TimeSpan Calm)
{
    /// <summary>Whose replicas are struck. With conversation among them, at least every second kill hits one that holds a turn.</summary>
    public IReadOnlyList<string> Victims { get; init; } = ["conversation", "inference", "retrieval"];

    /// <summary>One strike at a holder of a turn in so many is a pause, not a kill.</summary>
    public int StrikesPerPause { get; init; } = 8;
}

/// <summary>
/// Streamed turns while replicas of the victims are killed or paused at random, where conversation is among them mostly one that is
/// answering a turn. The model never gives the same answer twice, so an answer that was put together from two attempts shows.
/// </summary>
public sealed class TurnStorm(Stack stack, StormOptions options, Action<string> say)
{
    private readonly StormLedger _ledger = new();
    private int _next;

    /// <summary>Lets it blow and compares what every client saw with what the product kept.</summary>
    public async Task<StormReport> RunAsync(CancellationToken cancellationToken)
    {
        var report = new StormReport();
        var model = stack.Models.NewModel(Reply.Unrepeatable(options.Words, options.Pause));
        var collection = (await stack.Operator.CreateAsync("/v1/collections", new { name = "storm" }, cancellationToken)).Text("id");
        await stack.Operator.AddReadyDocumentAsync(collection, "facts.md", "The lighthouse was built in 1904.", cancellationToken);
        var agent = (await stack.Operator.CreateAsync(
            "/v1/agents", new { name = "storm", instructions = "Answer.", model, collections = new[] { collection } }, cancellationToken)).Text("id");

        var progress = options.Kills > 0 ? new Progress("kills", options.Kills, say) : new Progress("turns", options.Turns, say);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var killing = StrikeAsync(report, over.Token);
        await Task.WhenAll(Enumerable.Range(0, options.Clients).Select(async number =>
        {
            var client = new StormClient(stack, agent, _ledger, new Random((options.Seed * 1_000) + number));
            while (Interlocked.Add(ref _next, StormClient.TurnsPerSession) <= options.Turns || report.Kills < options.Kills)
            {
                await client.RunAsync(cancellationToken);
                progress.Reached(options.Kills > 0 ? report.Kills : _next);
            }
        }));
        await over.CancelAsync();
        await killing;
        foreach (var child in stack.Host.Services)
            await child.WaitUntilReadyAsync(cancellationToken);
        await CheckAsync(report, agent, cancellationToken);
        return report;
    }

    private async Task StrikeAsync(StormReport report, CancellationToken cancellationToken)
    {
        using var holders = new LeaseHolders(stack);
        var random = new Random(options.Seed);
        while (!cancellationToken.IsCancellationRequested && (options.Kills == 0 || report.Kills < options.Kills))
        {
            try
            {
                await Task.Delay(TimeSpan.FromMilliseconds(random.Next(100, (int)options.Calm.TotalMilliseconds)), cancellationToken);
                await StrikeOnceAsync(report, holders, random, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // The clients are done.
            }
        }
    }

    private async Task StrikeOnceAsync(StormReport report, LeaseHolders holders, Random random, CancellationToken cancellationToken)
    {
        var held = await holders.FindAsync(_ledger.Active.Keys, cancellationToken);
        // At most one replica of each app is down at a time, or nothing would ever get done on a slow machine.
        var up = stack.Host.Services.Where(child => options.Victims.Contains(child.AppId)).GroupBy(child => child.AppId)
            .Where(app => app.Count(child => child.IsReady) >= 2).SelectMany(app => app.Where(child => child.IsReady)).ToList();
        var holding = up.Where(child => held.Any(turn => turn.Replica == child.Name)).ToList();
        // Every second kill at least is to hit a holder.
        var owed = options.Victims.Contains("conversation") && report.KillsOfHolders * 2 <= report.Kills;
        var among = owed || (holding.Count > 0 && random.Next(100) < 50) ? holding : up;
        if (among.Count == 0)
            return;
        var victim = among[random.Next(among.Count)];
        var struck = held.Where(turn => turn.Replica == victim.Name).ToList();
        foreach (var turn in struck)
            _ledger.Strike(turn.Turn);
        if (struck.Count > 0 && random.Next(options.StrikesPerPause) == 0)
        {
            report.Pauses++;
            _ = PauseAsync(victim, TimeSpan.FromSeconds(random.Next(4, 8)));
            return;
        }
        victim.Kill();
        holders.End(struck);
        report.Kills++;
        var app = victim.AppId!;
        report.KillsByApp[app] = report.KillsByApp.GetValueOrDefault(app) + 1;
        report.KillsOfHolders += struck.Count > 0 ? 1 : 0;
    }

    private static async Task PauseAsync(Child victim, TimeSpan pause)
    {
        victim.Pause();
        await Task.Delay(pause);
        victim.Resume();
    }

    private async Task CheckAsync(StormReport report, string agent, CancellationToken cancellationToken)
    {
        var turns = 0;
        report.Gaps.AddRange(_ledger.Gaps);
        report.Unclear.AddRange(_ledger.Unclear);
        foreach (var seen in _ledger.Turns.Values)
        {
            report.Turns++;
            report.Resumes += seen.Resumes;
            report.Restarts += seen.Restarts;
            var path = $"/v1/sessions/{seen.Session}/turns/{seen.Turn}";
            var turn = await stack.Operator.GetAsync(path, cancellationToken);
            if (turn.Text("status") != "completed")
            {
                report.Lost++;
                report.Problems.Add($"{seen.Turn} is {turn.Text("status")}: {turn["error"]?.ToJsonString()}");
                continue;
            }
            var stored = turn["output"].Text("text");
            if (stored != seen.Joined)
                report.Problems.Add($"{seen.Turn}: a client joined '{Short(seen.Joined)}', stored is '{Short(stored)}'");
            if (!IsWhole(stored))
                report.Problems.Add($"{seen.Turn} is not one complete answer: '{Short(stored)}'");
            report.Problems.AddRange(seen.Faults.Select(fault => $"{seen.Turn}: {fault}"));
        }
        foreach (var (session, asked) in _ledger.Sessions)
        {
            var listed = (await stack.Operator.GetAsync($"/v1/sessions/{session}/turns?limit=100", cancellationToken)).List("data").Count;
            turns += listed;
            if (listed > asked)
                report.Doubled += listed - asked;
            if (listed != asked)
                report.Problems.Add($"{session}: {asked} turns were asked, {listed} are there");
        }
        await CompareFiguresAsync(report, agent, turns, cancellationToken);
    }

    // Whoever died between the end of a turn and the event that tells of it: each turn is counted, and once.
    private async Task CompareFiguresAsync(StormReport report, string agent, int turns, CancellationToken cancellationToken)
    {
        long? counted = null;
        try
        {
            await Eventually.TrueAsync(async () => (counted = await CountedAsync()) == turns, "every turn is counted", cancellationToken, TimeSpan.FromSeconds(60));
        }
        catch (TimeoutException)
        {
            report.Problems.Add($"{turns} turns ended, {counted ?? 0} are counted");
        }

        async Task<long?> CountedAsync() => (await stack.Operator.GetAsync("/v1/analytics/figures?figures=turns&group_by=agent&limit=50", cancellationToken))
            .List("series").SingleOrDefault(series => series.Text("value") == agent)?["whole"]?.GetValue<long>();
    }

    // One nonce throughout, and every word once, in order.
    private bool IsWhole(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Length == options.Words && words.Index().All(word => word.Item == $"{words[0].Split('.')[0]}.{word.Index + 1}");
    }

    private static string Short(string text) => text.Length > 120 ? text[..120] + "..." : text;
}
