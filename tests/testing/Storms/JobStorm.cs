using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Agents.Local.Processes;
using Agents.Testing.FakeModels;

namespace Agents.Testing.Storms;

/// <summary>How hard it blows.</summary>
/// <param name="Jobs">Jobs submitted, over three lanes in turn.</param>
/// <param name="Kills">Kills at least; jobs are submitted for as long as that takes.</param>
/// <param name="Words">Length of an answer; the model takes <paramref name="Pause"/> for each.</param>
/// <param name="Calm">The longest time between two kills.</param>
public sealed record JobStormOptions(int Seed, int Jobs, int Kills, int Words, TimeSpan Pause, TimeSpan Calm);

/// <summary>What a storm of jobs did, and whether anybody noticed.</summary>
public sealed class JobStormReport
{
    private int _resubmitted;

    public int Jobs { get; set; }

    public int Succeeded { get; set; }

    public int Kills { get; set; }

    /// <summary>Kills of a process that ran a job, as the jobs said just before; of the runtime or the gateway while any job was running.</summary>
    public int KillsOfHolders { get; set; }

    public Dictionary<string, int> Victims { get; } = [];

    public int Attempts { get; set; }

    /// <summary>Tool calls that came more than once, under the same id.</summary>
    public int RepeatedCalls { get; set; }

    public int Webhooks { get; set; }

    public int RepeatedWebhooks { get; set; }

    public int Resubmitted => _resubmitted;

    public TimeSpan Took { get; set; }

    public ConcurrentQueue<string> Problems { get; } = new();

    public bool Good => Problems.IsEmpty;

    public void CountResubmitted() => Interlocked.Increment(ref _resubmitted);

    public override string ToString()
    {
        var bound = Problems.IsEmpty && Jobs > 0 ? FormattableString.Invariant($" (0 problems: true rate at most {300d / Jobs:0.##} %)") : "";
        return FormattableString.Invariant($"""
            jobs                 {Jobs}, succeeded {Succeeded}{bound}
            kills                {Kills}, while a job was held {KillsOfHolders}: {string.Join(", ", Victims.OrderBy(victim => victim.Key).Select(victim => $"{victim.Key} {victim.Value}"))}
            attempts             {Attempts}; submitted again {Resubmitted}
            tool calls           1 id per job; repeated under the same id {RepeatedCalls}
            webhooks             {Webhooks} received, {RepeatedWebhooks} more than once
            took                 {Took.TotalSeconds:0} s
            {string.Join('\n', Problems.Take(20).Select(problem => "  " + problem))}
            """);
    }
}

/// <summary>
/// Jobs over three lanes while workers, conversation, the gateway and the runtime are killed at random. Each job calls a tool and says
/// something that the model never says twice; at the end each must have ended once, with one effect, one webhook id and one whole answer.
/// </summary>
public sealed class JobStorm(JobStormStack stack, JobStormOptions options)
{
    private const int Submitters = 8;
    private static readonly string[] Lanes = ["premium", "standard", "batch"];
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<int, string> _jobs = new();
    private int _next;

    public async Task<JobStormReport> RunAsync(CancellationToken cancellationToken)
    {
        var report = new JobStormReport();
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        var agent = await NewAgentAsync(cancellationToken);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var killing = KillAsync(report, over.Token);
        await Task.WhenAll(Enumerable.Range(0, Submitters).Select(async _ =>
        {
            for (int number; (number = Interlocked.Increment(ref _next)) <= options.Jobs || report.Kills < options.Kills;)
            {
                _jobs[number] = await SubmitAsync(report, agent, number, cancellationToken);
                // Only so that there is something to strike at.
                if (number > options.Jobs)
                    await Task.Delay(1_000, cancellationToken);
            }
        }));
        await killing;
        await over.CancelAsync();
        foreach (var child in stack.Host.Services.Concat(stack.Host.Dapr))
            await child.WaitUntilReadyAsync(cancellationToken);
        await CheckAsync(report, cancellationToken);
        report.Took = System.Diagnostics.Stopwatch.GetElapsedTime(started);
        return report;
    }

    private async Task<string> NewAgentAsync(CancellationToken cancellationToken)
    {
        var answer = Reply.Unrepeatable(options.Words, options.Pause);
        var model = stack.Models.NewModel(Reply.Choose(request => request.Body.List("messages")[^1].Text("role") == "tool"
            ? answer
            : Reply.ToolCall("note", new JsonObject { ["number"] = request.Body.List("messages")[^1].Text("content") }.ToJsonString())));
        var parameters = new { type = "object", properties = new { number = new { type = "string" } }, required = new[] { "number" } };
        return (await stack.Operator.CreateAsync(
            "/v1/agents",
            new
            {
                name = "storm", instructions = "Note the number.", model, collections = Array.Empty<string>(),
                tools = new[] { new { type = "http", name = "note", url = $"http://{stack.Effects.Authority}/effects/{{number}}", repeatable = true, parameters } },
            },
            cancellationToken)).Text("id");
    }

    private async Task<string> SubmitAsync(JobStormReport report, string agent, int number, CancellationToken cancellationToken)
    {
        var key = Guid.CreateVersion7().ToString();
        for (var again = false; ; again = true)
        {
            if (again)
            {
                report.CountResubmitted();
                await Task.Delay(100, cancellationToken);
            }
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/jobs")
                {
                    Content = JsonContent.Create(new
                    {
                        agent, input = Name(number), lane = Lanes[number % Lanes.Length], callback_url = $"http://{stack.Effects.Authority}/webhooks/{Name(number)}",
                    }),
                };
                request.Headers.Add("Idempotency-Key", key);
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                limit.CancelAfter(TimeSpan.FromSeconds(15));
                using var response = await stack.Operator.Http.SendAsync(request, limit.Token);
                if (response.StatusCode is HttpStatusCode.Accepted or HttpStatusCode.OK)
                    return (await response.JsonAsync(limit.Token)).Text("id");
                if (response.StatusCode is not (HttpStatusCode.Conflict or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout or HttpStatusCode.BadGateway))
                    report.Problems.Enqueue($"submitting {number}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(limit.Token)}");
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                // Submitted again under the same key.
            }
        }
    }

    private async Task KillAsync(JobStormReport report, CancellationToken cancellationToken)
    {
        var random = new Random(options.Seed);
        while (report.Kills < options.Kills && !cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(200, (int)options.Calm.TotalMilliseconds)), cancellationToken);
            await KillOneAsync(report, random, cancellationToken);
        }
    }

    private async Task KillOneAsync(JobStormReport report, Random random, CancellationToken cancellationToken)
    {
        // At most one process of an app is down at a time where there are several, or nothing would ever get done.
        var up = stack.Host.Services.Where(child => child.IsReady && (child.AppId!.StartsWith("conversation", StringComparison.Ordinal) || child.AppId == "inference"))
            .GroupBy(child => child.AppId).Where(app => app.Key is not ("conversation" or "inference") || app.Count() > 1).SelectMany(app => app).ToList();
        var holders = await HoldersAsync(cancellationToken);
        var holding = up.Where(child => holders.Contains(child.Name)).ToList();
        var owed = report.KillsOfHolders * 2 <= report.Kills;
        Child victim;
        if (!owed && random.Next(12) == 0 && stack.Host.Runtime.IsReady)
            victim = stack.Host.Runtime;
        else if ((owed || random.Next(2) == 0) && holding.Count > 0)
            victim = holding[random.Next(holding.Count)];
        else if (!owed && up.Count > 0)
            victim = up[random.Next(up.Count)];
        else
            return;
        victim.Kill();
        report.Kills++;
        var name = victim.AppId ?? "runtime";
        report.Victims[name] = report.Victims.GetValueOrDefault(name) + 1;
        report.KillsOfHolders += holders.Contains(victim.Name) || (holders.Count > 0 && name is "runtime" or "inference") ? 1 : 0;
    }

    /// <summary>Names of replicas that run a job, as far as the jobs themselves say.</summary>
    private async Task<HashSet<string>> HoldersAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(TimeSpan.FromSeconds(3));
            var (status, page) = await stack.Operator.TryAsync(HttpMethod.Get, "/v1/jobs?status=running&limit=100", null, limit.Token);
            return status == HttpStatusCode.OK ? [.. page.List("data").Select(job => job?["worker"]?.GetValue<string>()).OfType<string>()] : [];
        }
        catch (Exception exception) when (exception is HttpRequestException or InvalidOperationException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // Nobody answers just now.
            return [];
        }
    }

    private async Task CheckAsync(JobStormReport report, CancellationToken cancellationToken)
    {
        report.Jobs = _jobs.Count;
        foreach (var (number, id) in _jobs)
        {
            var job = await EndedAsync(id, cancellationToken);
            report.Attempts += job["attempts"]?.GetValue<int>() ?? 0;
            if (job["status"]?.GetValue<string>() != "succeeded")
            {
                report.Problems.Enqueue($"{id} ({number}) is {job.ToJsonString()}");
                continue;
            }
            report.Succeeded++;
            var text = (await stack.Operator.GetAsync($"/v1/jobs/{id}/result", cancellationToken))["output"].Text("text");
            if (!IsWhole(text))
                report.Problems.Enqueue($"{id} ({number}) is not one whole answer: '{text}'");
            var effects = stack.Effects.EffectsOf(Name(number));
            report.RepeatedCalls += effects.Values.Count(calls => calls > 1);
            if (effects.Count != 1)
                report.Problems.Enqueue($"{id} ({number}) had {effects.Count} effects: {string.Join(", ", effects.Keys)}");
            await WebhookAsync(report, number, id, cancellationToken);
        }
        await ListAsync(report, cancellationToken);
    }

    private async Task<JsonNode> EndedAsync(string id, CancellationToken cancellationToken)
    {
        JsonNode? job = null;
        try
        {
            await Eventually.TrueAsync(
                async () => (job = (await stack.Operator.TryAsync(HttpMethod.Get, $"/v1/jobs/{id}", null, cancellationToken)).Body)["status"]?.ToJsonString() is not ("\"queued\"" or "\"running\""),
                $"job {id} ends", cancellationToken, Patience);
        }
        catch (TimeoutException)
        {
            // Reported as it is.
        }
        return job!;
    }

    private async Task WebhookAsync(JobStormReport report, int number, string id, CancellationToken cancellationToken)
    {
        try
        {
            await Eventually.TrueAsync(() => stack.Effects.WebhooksOf(Name(number)).Count > 0, $"the webhook of {id} arrives", cancellationToken, TimeSpan.FromMinutes(2));
        }
        catch (TimeoutException)
        {
            report.Problems.Enqueue($"{id} ({number}) sent no webhook");
            return;
        }
        var webhooks = stack.Effects.WebhooksOf(Name(number));
        report.Webhooks++;
        report.RepeatedWebhooks += webhooks.Values.Count(times => times > 1);
        if (webhooks.Count != 1 || webhooks.Keys.Single() != $"{id}.ended")
            report.Problems.Enqueue($"{id} ({number}) sent webhooks of the ids {string.Join(", ", webhooks.Keys)}");
    }

    // What was submitted is there, once, and nothing else.
    private async Task ListAsync(JobStormReport report, CancellationToken cancellationToken)
    {
        var listed = new List<string>();
        for (string? after = null; ;)
        {
            var page = await stack.Operator.GetAsync($"/v1/jobs?limit=100{(after is null ? "" : $"&after={after}")}", cancellationToken);
            listed.AddRange(page.List("data").Select(job => job.Text("id")));
            if (!page["has_more"]!.GetValue<bool>())
                break;
            after = page.Text("last_id");
        }
        var submitted = _jobs.Values.ToHashSet();
        foreach (var id in listed.Where(id => !submitted.Contains(id)))
            report.Problems.Enqueue($"{id} is there, and nobody submitted it");
        foreach (var id in submitted.Except(listed))
            report.Problems.Enqueue($"{id} is not in the list");
    }

    // One nonce throughout, and every word once, in order.
    private bool IsWhole(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Length == options.Words && words.Index().All(word => word.Item == $"{words[0].Split('.')[0]}.{word.Index + 1}");
    }

    private static string Name(int number) => number.ToString(CultureInfo.InvariantCulture);
}
