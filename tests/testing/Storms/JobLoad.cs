using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Agents.Testing.FakeModels;

namespace Agents.Testing.Storms;

/// <summary>
/// Jobs of a tenant of their own that call a tool once, have themselves called back, and say something that the model never says twice. At
/// the end each must be there once and have ended once, with one effect, one webhook id and one whole answer.
/// </summary>
/// <param name="words">Length of an answer; the model takes <paramref name="pause"/> for each.</param>
public sealed class JobLoad(JobStormStack stack, int words, TimeSpan pause)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly string _name = Guid.CreateVersion7().ToString("N")[..12];

    // The id that was answered; none for those that went by event.
    private readonly ConcurrentDictionary<int, string?> _submitted = new();
    private ApiClient? _owner;
    private string _agent = "";
    private string _key = "";

    public ApiClient Owner => _owner ?? throw new InvalidOperationException("StartAsync comes first.");

    public int Count => _submitted.Count;

    /// <summary>Makes tenant, key, model and agent.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _owner = await stack.NewTenantAsync(cancellationToken);
        _key = (await Owner.CreateAsync("/v1/keys", new { name = "events", scopes = new[] { "jobs" } }, cancellationToken)).Text("id");
        var answer = Reply.Unrepeatable(words, pause);
        var model = stack.Models.NewModel(Reply.Choose(request => request.Body.List("messages")[^1].Text("role") == "tool"
            ? answer
            : Reply.ToolCall("note", new JsonObject { ["number"] = request.Body.List("messages")[^1].Text("content") }.ToJsonString())));
        var parameters = new { type = "object", properties = new { number = new { type = "string" } }, required = new[] { "number" } };
        _agent = (await Owner.CreateAsync(
            "/v1/agents",
            new
            {
                name = "load",
                instructions = "Note the number.",
                model,
                collections = Array.Empty<string>(),
                tools = new[] { new { type = "http", name = "note", url = $"http://{stack.Effects.Authority}/effects/{{number}}", repeatable = true, parameters } },
            },
            cancellationToken)).Text("id");
    }

    /// <summary>Submits a job, again under the same key until somebody answers.</summary>
    public async Task SubmitAsync(int number, string lane, JobStormReport report, CancellationToken cancellationToken)
    {
        var key = Guid.CreateVersion7().ToString();
        var (started, refusal) = (Stopwatch.GetTimestamp(), "");
        for (var again = false; ; again = true)
        {
            if (again)
            {
                if (Stopwatch.GetElapsedTime(started) > Patience)
                {
                    report.Problems.Enqueue($"submitting {number}: not accepted in {Patience.TotalMinutes:0} minutes: {refusal}");
                    return;
                }
                report.CountResubmitted();
                await Task.Delay(100, cancellationToken);
            }
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/jobs") { Content = JsonContent.Create(Job(number, lane)) };
                request.Headers.Add("Idempotency-Key", key);
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                limit.CancelAfter(TimeSpan.FromSeconds(15));
                using var response = await Owner.Http.SendAsync(request, limit.Token);
                if (response.StatusCode is HttpStatusCode.Accepted or HttpStatusCode.OK)
                {
                    _submitted[number] = (await response.JsonAsync(limit.Token)).Text("id");
                    return;
                }
                refusal = $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync(limit.Token)}";
                if (response.StatusCode is not (HttpStatusCode.Conflict or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout or HttpStatusCode.BadGateway))
                    report.Problems.Enqueue($"submitting {number}: {refusal}");
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                // Submitted again under the same key.
            }
        }
    }

    /// <summary>Submits a job by an event that is published so many times.</summary>
    public async Task PublishAsync(int number, string lane, int times, CancellationToken cancellationToken)
    {
        _submitted[number] = null;
        var data = new JsonObject { ["key"] = _key, ["job"] = Job(number, lane) };
        await Task.WhenAll(Enumerable.Range(0, times).Select(_ => stack.Publisher.SayAsync("agents.job.submit.v1", Name(number), data.DeepClone(), cancellationToken)));
    }

    /// <summary>Returns when all jobs have ended; false when some do not in five minutes.</summary>
    public async Task<bool> EndedAsync(CancellationToken cancellationToken)
    {
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < Patience;)
        {
            var jobs = await stack.CalmlyAsync(() => ListAsync(cancellationToken));
            if (jobs is not null && jobs.Count >= Count && jobs.All(job => job.Text("status") is not ("queued" or "running")))
                return true;
            // To list them all is work that the jobs could use.
            await Task.Delay(250, cancellationToken);
        }
        return false;
    }

    /// <summary>Waits for all ends and compares them with what was submitted.</summary>
    public async Task CheckAsync(JobStormReport report, CancellationToken cancellationToken)
    {
        report.Jobs = Count;
        if (!await EndedAsync(cancellationToken))
            report.Problems.Enqueue($"not all jobs have ended in {Patience.TotalMinutes:0} minutes");
        var jobs = (await ListAsync(cancellationToken)).ToLookup(job => int.Parse(job["metadata"].Text("number"), CultureInfo.InvariantCulture));
        foreach (var number in jobs.Select(group => group.Key).Where(number => !_submitted.ContainsKey(number)))
            report.Problems.Enqueue($"{number} is there, and nobody submitted it");
        foreach (var (number, id) in _submitted)
        {
            if (jobs[number].ToList() is [var job] && (id is null || job.Text("id") == id))
                await CheckAsync(report, number, job, cancellationToken);
            else
                report.Problems.Enqueue($"{number} was submitted as {id ?? "an event"}, and there are: {string.Join(", ", jobs[number].Select(job => job.Text("id")))}");
        }
    }

    private async Task CheckAsync(JobStormReport report, int number, JsonNode job, CancellationToken cancellationToken)
    {
        var id = job.Text("id");
        report.Attempts += job.Number("attempts");
        if (job.Text("status") != "succeeded")
        {
            report.Problems.Enqueue($"{id} ({number}) is {job.ToJsonString()}");
            return;
        }
        report.Succeeded++;
        report.Took(job["ended_at"]!.GetValue<DateTimeOffset>() - job["created_at"]!.GetValue<DateTimeOffset>());
        var text = (await Owner.GetAsync($"/v1/jobs/{id}/result", cancellationToken))["output"].Text("text");
        if (!IsWhole(text))
            report.Problems.Enqueue($"{id} ({number}) is not one whole answer: '{text}'");
        var effects = stack.Effects.EffectsOf(Name(number));
        report.RepeatedCalls += effects.Values.Count(calls => calls > 1);
        if (effects.Count != 1)
            report.Problems.Enqueue($"{id} ({number}) had {effects.Count} effects: {string.Join(", ", effects.Keys)}");
        await WebhookAsync(report, number, id, cancellationToken);
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

    private async Task<List<JsonNode>> ListAsync(CancellationToken cancellationToken)
    {
        var listed = new List<JsonNode>();
        for (string? after = null; ;)
        {
            var page = await Owner.GetAsync($"/v1/jobs?limit=100{(after is null ? "" : $"&after={after}")}", cancellationToken);
            listed.AddRange(page.List("data").Select(job => job!));
            if (!page["has_more"]!.GetValue<bool>())
                return listed;
            after = page.Text("last_id");
        }
    }

    private JsonObject Job(int number, string lane) => new()
    {
        ["agent"] = _agent,
        ["input"] = Name(number),
        ["lane"] = lane,
        ["callback_url"] = $"http://{stack.Effects.Authority}/webhooks/{Name(number)}",
        ["metadata"] = new JsonObject { ["number"] = number.ToString(CultureInfo.InvariantCulture) },
    };

    // One nonce throughout, and every word once, in order.
    private bool IsWhole(string text)
    {
        var said = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return said.Length == words && said.Index().All(word => word.Item == $"{said[0].Split('.')[0]}.{word.Index + 1}");
    }

    private string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"{_name}-{number}");
}
