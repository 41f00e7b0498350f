using System.Net;
using Agents.Local.Processes;

namespace Agents.Testing.Storms;

/// <summary>How hard it blows.</summary>
/// <param name="Jobs">Jobs submitted, over three lanes in turn.</param>
/// <param name="Kills">Kills at least; jobs are submitted for as long as that takes.</param>
/// <param name="Words">Length of an answer; the model takes <paramref name="Pause"/> for each.</param>
/// <param name="Calm">The longest time between two kills.</param>
/// <param name="WorkersOnly">Whether only workers that run a job are killed.</param>
public sealed record JobStormOptions(int Seed, int Jobs, int Kills, int Words, TimeSpan Pause, TimeSpan Calm, bool WorkersOnly = false);

/// <summary>Jobs over three lanes while workers, conversation, the gateway and the runtime are killed at random; see <see cref="JobLoad"/>.</summary>
public sealed class JobStorm(JobStormStack stack, JobStormOptions options, Action<string> say)
{
    private const int Submitters = 8;
    private static readonly string[] Lanes = ["premium", "standard", "batch"];

    private readonly JobLoad _load = new(stack, options.Words, options.Pause);
    private readonly JobStormReport _report = new();
    private readonly Random _random = new(options.Seed);
    private int _next;

    public async Task<JobStormReport> RunAsync(CancellationToken cancellationToken)
    {
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        await _load.StartAsync(cancellationToken);
        var killing = KillAsync(cancellationToken);
        var submitted = new Progress("jobs accepted", options.Jobs, say);
        await Task.WhenAll(Enumerable.Range(0, Submitters).Select(async _ =>
        {
            for (int number; (number = Interlocked.Increment(ref _next)) <= options.Jobs || _report.Kills < options.Kills;)
            {
                await _load.SubmitAsync(number, Lanes[number % Lanes.Length], _report, cancellationToken);
                submitted.Reached(number);
                // Only so that there is something to strike at.
                if (number > options.Jobs)
                    await Task.Delay(1_000, cancellationToken);
            }
        }));
        await killing;
        say($"{_report.Kills} kills; waiting for the ends");
        foreach (var child in stack.Host.Services.Concat(stack.Host.Dapr))
            await child.WaitUntilReadyAsync(cancellationToken);
        await _load.CheckAsync(_report, cancellationToken);
        _report.Lasted = System.Diagnostics.Stopwatch.GetElapsedTime(started);
        return _report;
    }

    private async Task KillAsync(CancellationToken cancellationToken)
    {
        while (_report.Kills < options.Kills)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(200, (int)options.Calm.TotalMilliseconds)), cancellationToken);
            await KillOneAsync(cancellationToken);
        }
    }

    private async Task KillOneAsync(CancellationToken cancellationToken)
    {
        var holders = await HoldersAsync(cancellationToken);
        // At most one process of an app is down at a time where there are several, or nothing would ever get done.
        var up = stack.Host.Services.Where(child => child.IsReady && (child.AppId!.StartsWith("conversation", StringComparison.Ordinal) || child.AppId == "inference"))
            .GroupBy(child => child.AppId).Where(app => app.Key is not ("conversation" or "inference") || app.Count() > 1).SelectMany(app => app).ToList();
        var holding = up.Where(child => holders.Contains(child.Name)).ToList();
        var owed = options.WorkersOnly || _report.KillsOfHolders * 2 <= _report.Kills;
        Child victim;
        if (!owed && _random.Next(12) == 0 && stack.Host.Runtime.IsReady)
            victim = stack.Host.Runtime;
        else if ((owed || _random.Next(2) == 0) && holding.Count > 0)
            victim = holding[_random.Next(holding.Count)];
        else if (!owed && up.Count > 0)
            victim = up[_random.Next(up.Count)];
        else
            return;
        victim.Kill();
        _report.Kills++;
        var name = victim.AppId ?? "runtime";
        _report.Victims[name] = _report.Victims.GetValueOrDefault(name) + 1;
        _report.KillsOfHolders += holders.Contains(victim.Name) || (holders.Count > 0 && name is "runtime" or "inference") ? 1 : 0;
    }

    /// <summary>Names of replicas that run a job, as far as the jobs themselves say.</summary>
    private async Task<HashSet<string>> HoldersAsync(CancellationToken cancellationToken) => await stack.CalmlyAsync(async () =>
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(3));
        var (status, page) = await _load.Owner.TryAsync(HttpMethod.Get, "/v1/jobs?limit=100", null, limit.Token);
        return status == HttpStatusCode.OK
            ? page.List("data").Where(job => job.Text("status") == "running").Select(job => job?["worker"]?.GetValue<string>()).OfType<string>().ToHashSet()
            : [];
    }) ?? [];
}
