using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Agents.Testing.Storms;

namespace Agents.Torture.Jobs;

/// <summary>
/// Jobs whose every attempt fails, and events that are no jobs, with a good job among each few of them. The good ones go on as usual; the
/// others are dead letters with a reason, and once the reason is gone they are done, once; or they are answered, or left alone.
/// </summary>
/// <param name="stack">Has the guest <c>ear</c> and a lane <c>frail</c> of two attempts.</param>
internal sealed class Poison(Stack stack, Action<string> say)
{
    private const int GoodEvery = 5;
    private const int Attempts = 2;
    private const int CallsPerAttempt = 3;

    private readonly List<string> _problems = [];
    private readonly List<string> _refused = [];
    private readonly string _name = Guid.CreateVersion7().ToString("N")[..12];
    private int _jobs;

    public static async Task<bool> RunAsync(TortureOptions options, CancellationToken cancellationToken)
    {
        await using var stack = new FrailStack();
        await stack.InitializeAsync();
        return await new Poison(stack, Console.WriteLine).RunAsync(options.Count, cancellationToken);
    }

    public async Task<bool> RunAsync(int count, CancellationToken cancellationToken)
    {
        await using var ear = await EventEar.StartAsync(stack.Host.Guests.Single(guest => guest.AppId == FrailStack.Ear));
        var owner = await stack.NewTenantAsync(cancellationToken);
        var key = (await owner.CreateAsync("/v1/keys", new { name = "events", scopes = new[] { "jobs" } }, cancellationToken)).Text("id");
        var (failing, good) = (stack.Models.NewModel(Reply.Error(500, "Down.")), stack.Models.NewModel(Reply.Text("Done.")));
        var (dying, living) = (await NewAgentAsync(owner, failing, cancellationToken), await NewAgentAsync(owner, good, cancellationToken));
        var usual = new List<double>();
        for (var n = 0; n < 10; n++)
            usual.Add(await GoodAsync(owner, living, cancellationToken));

        var among = new List<double>();
        for (var n = 0; n < count; n++)
        {
            await PoisonAsync(n, owner, dying, key, cancellationToken);
            if (n % GoodEvery == 0)
                among.Add(await GoodAsync(owner, living, cancellationToken));
        }
        await Eventually.TrueAsync(
            async () => await CountAsync(owner, "dead", cancellationToken) == _jobs, "all that must die is dead", cancellationToken, TimeSpan.FromMinutes(5));
        await CheckDeadAsync(owner, failing, cancellationToken);
        var heard = await CheckRefusalsAsync(ear, cancellationToken);

        // The reason is gone.
        var before = stack.Models.Requests(failing).Count;
        stack.Models.Script(failing, Reply.Text("At last."));
        var rounds = await RedriveAsync(owner, cancellationToken);
        var calls = stack.Models.Requests(failing).Count - before;
        Expect(calls == _jobs, $"{_jobs} jobs were redriven and the model was asked {calls} times");
        usual.Sort();
        among.Sort();
        say(string.Create(CultureInfo.InvariantCulture, $"""
            poison               {count}: {_jobs} jobs that died of it with reason and attempts, {_refused.Count} events answered with a refusal ({heard} heard), {count - _jobs - _refused.Count} unreadable; wrong {_problems.Count}{Statistics.Bound(_problems.Count, count)}
            good jobs            {among.Count} among them, median {among[among.Count / 2]:0} ms (before: {usual[usual.Count / 2]:0} ms)
            redriven             {_jobs} succeeded, asked {calls} times, in {rounds} rounds
            """));
        foreach (var problem in _problems.Take(20))
            say("  " + problem);
        return _problems.Count == 0;
    }

    private async Task PoisonAsync(int n, ApiClient owner, string dying, string key, CancellationToken cancellationToken)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"{_name}-{n}");
        var job = new JsonObject { ["agent"] = dying, ["input"] = "x", ["lane"] = "frail" };
        switch (n % 10)
        {
            case 0 or 5:
                await owner.CreateAsync("/v1/jobs", job, cancellationToken);
                _jobs++;
                break;
            case 1:
                await stack.Publisher.SayAsync("agents.job.submit.v1", id, new JsonObject { ["key"] = key, ["job"] = job }, cancellationToken);
                _jobs++;
                break;
            case 2:
                await RefusedAsync("agents.job.submit.v9", id, new JsonObject { ["key"] = key, ["job"] = job }, cancellationToken);
                break;
            case 3:
                await RefusedAsync("agents.job.submit.v1", id, JsonValue.Create("text"), cancellationToken);
                break;
            case 4:
                await RefusedAsync("agents.job.submit.v1", id, null, cancellationToken);
                break;
            case 6:
                await RefusedAsync("agents.job.submit.v1", id, new JsonObject { ["key"] = "ak_nobody", ["job"] = job }, cancellationToken);
                break;
            case 7:
                job["agent"] = "agent_00000000000000000000000000000000";
                await RefusedAsync("agents.job.submit.v1", id, new JsonObject { ["key"] = key, ["job"] = job }, cancellationToken);
                break;
            case 8:
                job["input"] = "";
                await RefusedAsync("agents.job.submit.v1", id, new JsonObject { ["key"] = key, ["job"] = job }, cancellationToken);
                break;
            default:
                using (var content = new StringContent("{\"specversion\":\"1.0\",\"type\":7,\"da", null, n % 20 == 9 ? "text/plain" : "application/octet-stream"))
                    await stack.Publisher.PublishAsync("agents-in", content, cancellationToken);
                break;
        }
    }

    private Task RefusedAsync(string type, string id, JsonNode? data, CancellationToken cancellationToken)
    {
        _refused.Add(id);
        return stack.Publisher.SayAsync(type, id, data, cancellationToken);
    }

    private static async Task<double> GoodAsync(ApiClient owner, string agent, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/jobs") { Content = JsonContent.Create(new { agent, input = "x" }) };
        request.Headers.Add("Prefer", "wait=30");
        using var response = await owner.Http.SendAsync(request, cancellationToken);
        if (response.StatusCode != System.Net.HttpStatusCode.OK)
            throw new InvalidOperationException($"A good job: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(cancellationToken)}");
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private async Task CheckDeadAsync(ApiClient owner, string failing, CancellationToken cancellationToken)
    {
        foreach (var letter in await AllAsync(owner, "/v1/dead-letters?limit=100", cancellationToken))
        {
            Expect(
                letter.Number("attempts") == Attempts && letter["error"].Text("code").Length > 0 && letter.Text("trace_id").Length == 32,
                $"a dead letter is {letter.ToJsonString()}");
        }
        var calls = stack.Models.Requests(failing).Count;
        Expect(calls <= _jobs * Attempts * CallsPerAttempt, $"the model was asked {calls} times for {_jobs} jobs");
    }

    private async Task<int> CheckRefusalsAsync(EventEar ear, CancellationToken cancellationToken)
    {
        HashSet<string> Heard() => [.. ear.Heard.Where(heard => heard["type"]?.ToString() == "agents.job.refused.v1").Select(heard => heard["data"].Text("event"))];
        try
        {
            await Eventually.TrueAsync(() => _refused.All(Heard().Contains), "every refusal is heard", cancellationToken, TimeSpan.FromSeconds(60));
        }
        catch (TimeoutException)
        {
            var heard = Heard();
            _problems.Add($"no refusal was heard of {string.Join(", ", _refused.Where(id => !heard.Contains(id)))}");
        }
        return Heard().Count(_refused.Contains);
    }

    // The gateway may still think that the model is down: what dies of that is redriven once more.
    private async Task<int> RedriveAsync(ApiClient owner, CancellationToken cancellationToken)
    {
        for (var round = 1; ; round++)
        {
            while ((await owner.CreateAsync("/v1/dead-letters/redrive", new { }, cancellationToken))["has_more"]!.GetValue<bool>())
            {
            }
            await Eventually.TrueAsync(
                async () => await CountAsync(owner, "queued", cancellationToken) + await CountAsync(owner, "running", cancellationToken) == 0,
                "all have ended again", cancellationToken, TimeSpan.FromMinutes(2));
            if (await CountAsync(owner, "dead", cancellationToken) == 0)
                return round;
            if (round == 10)
            {
                _problems.Add("what was redriven dies again and again");
                return round;
            }
        }
    }

    private static async Task<int> CountAsync(ApiClient owner, string status, CancellationToken cancellationToken) =>
        (await AllAsync(owner, $"/v1/jobs?limit=100&status={status}", cancellationToken)).Count;

    private static async Task<List<JsonNode>> AllAsync(ApiClient owner, string path, CancellationToken cancellationToken)
    {
        var all = new List<JsonNode>();
        for (string? after = null; ;)
        {
            var page = await owner.GetAsync($"{path}{(after is null ? "" : $"&after={after}")}", cancellationToken);
            all.AddRange(page.List("data").Select(item => item!));
            if (!page["has_more"]!.GetValue<bool>())
                return all;
            after = page.Text("last_id");
        }
    }

    private static async Task<string> NewAgentAsync(ApiClient owner, string model, CancellationToken cancellationToken) => (await owner.CreateAsync(
        "/v1/agents", new { name = "x", instructions = "x", model, collections = Array.Empty<string>() }, cancellationToken)).Text("id");

    private void Expect(bool condition, string problem)
    {
        if (!condition)
            _problems.Add(problem);
    }
}
