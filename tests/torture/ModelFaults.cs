using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Agents.Local;
using Agents.Testing;
using Agents.Testing.FakeModels;

namespace Agents.Torture;

/// <summary>
/// Providers that misbehave and callers that ask for too much, before one gateway with little memory. Each trial has a deployment of its
/// own; a second tenant calls a healthy one all the while and must not notice. At the end the account must agree with the events.
/// </summary>
internal sealed class ModelFaults : Stack
{
    private const string Healthy = "healthy";
    private const string SilentAtFirst = "silent before the first token";
    private const string SilentThen = "silent after it";
    private const long HeapLimit = 320_000_000;
    private readonly List<string> _problems = [];
    private readonly List<double> _neighbour = [];
    private Random _random = Random.Shared;
    private string _name = "";

    private ApiClient Tenant { get; set; } = null!;

    protected override ValueTask<LocalHostOptions> ConfigureAsync(LocalHostOptions options) => ValueTask.FromResult(options with
    {
        ServiceEnvironment = process => process.AppId == "inference"
            ? new Dictionary<string, string> { ["DOTNET_GCHeapHardLimit"] = HeapLimit.ToString("X", CultureInfo.InvariantCulture) }
            : new Dictionary<string, string>(),
    });

    /// <returns>Whether every answer was right and every unit is accounted for.</returns>
    public async Task<bool> RunAsync(TortureOptions options, Action<string> say, CancellationToken cancellationToken)
    {
        _random = new Random(options.Seed);
        await InitializeAsync();
        Models.Script(Healthy, Reply.Text("Fine."));
        await DeployAsync(Healthy, 15, 15, cancellationToken);
        Tenant = await NewTenantAsync(cancellationToken);
        var budget = (await Tenant.CreateAsync("/v1/budgets", new { limit_micros = "1000000000000" }, cancellationToken)).Text("id");
        var neighbour = await NewTenantAsync(cancellationToken);
        await NeighbourAsync(neighbour, 100, cancellationToken);
        var quiet = Quantile(0.99);
        _neighbour.Clear();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var beside = NeighbourAsync(neighbour, int.MaxValue, over.Token);

        var trials = Trials().ToList();
        var (resident, most) = (0d, 0d);
        for (var n = 0; n < options.Count; n++)
        {
            var (what, trial) = trials[n % trials.Count];
            // Only a provider that is meant to be too slow meets a short limit: a busy machine is not its fault.
            var (first, then) = (what == SilentAtFirst ? 1 : 15, what == SilentThen ? 1 : 15);
            _name = string.Create(CultureInfo.InvariantCulture, $"rough-{n}");
            await DeployAsync(_name, first, then, cancellationToken);
            var before = _problems.Count;
            await trial(cancellationToken);
            for (var i = before; i < _problems.Count; i++)
                say($"trial {n}, {what}: {_problems[i]}");
            await Operator.TryAsync(HttpMethod.Delete, $"/v1/deployments/{_name}", null, cancellationToken);
            most = Math.Max(most, Resident());
            if (n < trials.Count)
                resident = most;
        }
        await over.CancelAsync();
        await beside;

        // Not a unit is lost: what the account says is spent is what the events add up to.
        JsonNode? info = null;
        await Eventually.TrueAsync(
            async () =>
            {
                info = await Tenant.GetAsync($"/v1/budgets/{budget}", cancellationToken);
                var told = (await Tenant.GetAsync("/v1/analytics/summary", cancellationToken))["model"].Text("cost_micros");
                return (info.Text("spent_micros"), info.Text("unattributed_micros"), info.Text("leased_micros")) == (told, "0", "0");
            },
            "the account agrees with the events", cancellationToken, TimeSpan.FromSeconds(30));
        var restarts = Host.Services.Sum(child => child.Restarts);
        Expect(restarts == 0, $"{restarts} processes had to be started again");
        say($"""
            trials               {options.Count} of {trials.Count} kinds; wrong {_problems.Count}{Statistics.Bound(_problems.Count, options.Count)}
            account              {info.Text("spent_micros")} micro-units spent, as the events say; unattributed 0
            the other tenant     {_neighbour.Count} calls, all answered; p99 {Quantile(0.99):0} ms, {quiet:0} ms before the faults
            memory               at most {most:0} MB resident, {resident:0} MB after each kind once; heap limit {HeapLimit / 1_000_000} MB; restarts {restarts}
            """);
        return _problems.Count == 0;
    }

    private IEnumerable<(string What, Func<CancellationToken, Task> Trial)> Trials()
    {
        yield return ("429 storm", token => StormAsync([429], token));
        yield return ("bursts of 500, 503 and 529", token => StormAsync([500, 503, 529], token));
        yield return ("one provider dead, another behind it", FallbackAsync);
        yield return ("cut before the first byte", token => StreamAsync(Reply.Stream().Cut(), call => (int)call.Status is 502 or 503, token));
        yield return ("cut in the middle", token => StreamAsync(Reply.Stream().Text("Half an"), call => call is { Status: HttpStatusCode.OK, Ended: false, Code: "provider_cut" }, token));
        yield return ("not JSON", token => StreamAsync(
            Reply.Stream().Text("Half an").Raw("data: {\"choices\":[{]}\n\n"), call => call is { Ended: false, Code: "provider_bad_answer" }, token));
        yield return ("empty", token => StreamAsync(Reply.Stream(), call => call is { Status: HttpStatusCode.BadGateway }, token));
        yield return ("endless", token => StreamAsync(Reply.Stream().Endless("word "), call => call is { Ended: false, Code: "provider_answer_too_large" }, token));
        yield return (SilentAtFirst, token => StreamAsync(
            Reply.Stream().Wait(new Gate()).Text("Never."), call => call is { Status: HttpStatusCode.GatewayTimeout, Code: "provider_timeout" }, token));
        yield return (SilentThen, token => StreamAsync(
            Reply.Stream().Text("Half an").Wait(new Gate()), call => call is { Status: HttpStatusCode.OK, Ended: false, Code: "provider_timeout" }, token));
        yield return ("usage that cannot be true", token => StreamAsync(
            Reply.Stream().Text("Fine.").Finish().Usage(-5, 2_000_000_000).Done(), call => call is { Status: HttpStatusCode.OK, Ended: true }, token));
        yield return ("callers who go away", AbandonAsync);
        yield return ("a hundred at once for the last unit", RaceAsync);
        yield return ("too many tokens asked for", HugeAsync);
        yield return ("equal requests at once", StampedeAsync);
        yield return ("ten times too much at once", BurstAsync);
    }

    private async Task StormAsync(int[] statuses, CancellationToken cancellationToken)
    {
        const int Calls = 12;
        var failing = 0.5 + (_random.NextDouble() / 2);
        int?[] waits = [null, 0, 1];
        Models.Script(_name, [.. Enumerable.Range(0, 40).Select(_ => _random.NextDouble() < failing
            ? Reply.Error(statuses[_random.Next(statuses.Length)], "Not now.", null, waits[_random.Next(waits.Length)]) : Reply.Text("Fine."))]);
        var calls = await ManyAsync(Calls, Tenant, Question(_name, stream: _random.Next(2) == 0), null, cancellationToken);
        foreach (var call in calls)
            Expect(call.Ended || call is { Status: HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable, RetryAfter: true } || (int)call.Status == 502, $"{call}");
        Expect(Models.Requests(_name).Count <= 3 * Calls, $"{Models.Requests(_name).Count} attempts for {Calls} calls");
    }

    private async Task FallbackAsync(CancellationToken cancellationToken)
    {
        Models.Script(_name, _random.Next(2) == 0 ? Reply.Error(500, "Dead.") : Reply.Stream().Cut());
        await Operator.CreateAsync("/v1/aliases", new { id = $"{_name}-chain", targets = new[] { new { deployment = _name }, new { deployment = Healthy } } }, cancellationToken);
        foreach (var call in await ManyAsync(12, Tenant, Question($"{_name}-chain", stream: true), null, cancellationToken))
            Expect(call.Ended, $"{call}");
        await Operator.TryAsync(HttpMethod.Delete, $"/v1/aliases/{_name}-chain", null, cancellationToken);
    }

    private async Task StreamAsync(Reply reply, Func<ModelCall, bool> isRight, CancellationToken cancellationToken)
    {
        Models.Script(_name, reply);
        foreach (var call in await ManyAsync(4, Tenant, Question(_name, stream: true), null, cancellationToken))
            Expect(isRight(call), $"{call}");
    }

    private async Task AbandonAsync(CancellationToken cancellationToken)
    {
        Models.Script(_name, Reply.Stream().Text("A first and ").Wait(new Gate()).Text("never."));
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => ModelCall.AbandonAsync(Tenant, Question(_name, stream: true), cancellationToken)));
        foreach (var request in Models.Requests(_name))
            await request.Aborted.WaitAsync(TimeSpan.FromSeconds(5), cancellationToken);
    }

    private async Task RaceAsync(CancellationToken cancellationToken)
    {
        // A call may take 10 tokens out and less than 300 in, at most 850 micro-units; it takes 150.
        const int Cost = 150;
        var limit = _random.Next(900, 3_000);
        Models.Script(_name, Reply.Stream().Text("Fine.").Finish().Usage(20, 10).Done());
        var tenant = await NewTenantAsync(cancellationToken);
        var budget = (await tenant.CreateAsync("/v1/budgets", new { limit_micros = limit }, cancellationToken)).Text("id");
        var question = Question(_name, stream: true);
        question["max_completion_tokens"] = 10;
        foreach (var call in await ManyAsync(100, tenant, question, null, cancellationToken))
            Expect(call.Ended || call is { Status: HttpStatusCode.TooManyRequests, Code: "budget_exceeded" }, $"{call}");
        var made = Models.Requests(_name).Count;
        Expect(made > 0 && made * Cost <= limit, $"{made} calls of {Cost} within {limit}");
        await Eventually.TrueAsync(
            async () => (await tenant.GetAsync($"/v1/budgets/{budget}", cancellationToken)).Text("spent_micros") == $"{made * Cost}", "the calls are settled", cancellationToken);
    }

    private async Task HugeAsync(CancellationToken cancellationToken)
    {
        Models.Script(_name, Reply.Text("Never."));
        var tenant = await NewTenantAsync(cancellationToken);
        await tenant.CreateAsync("/v1/budgets", new { limit_micros = 1_000 }, cancellationToken);
        var question = Question(_name, stream: true);
        question["max_completion_tokens"] = 2_000_000_000;
        var call = await ModelCall.MakeAsync(tenant, question, null, cancellationToken);
        Expect(call is { Status: HttpStatusCode.TooManyRequests, Code: "budget_exceeded" } && Models.Requests(_name).Count == 0, $"{call}");
    }

    private async Task StampedeAsync(CancellationToken cancellationToken)
    {
        Models.Script(_name, Reply.Text("For all."));
        var calls = await ManyAsync(40, Tenant, Question(_name, stream: _random.Next(2) == 0), "max-age=30", cancellationToken);
        Expect(calls.All(call => call.Ended) && Models.Requests(_name).Count == 1, $"{Models.Requests(_name).Count} requests to the provider");
    }

    private async Task BurstAsync(CancellationToken cancellationToken)
    {
        var gate = new Gate();
        Models.Script(_name, Reply.Stream().Wait(gate).Text("Fine.").Finish().Usage(5, 5).Done());
        var question = Question(_name, stream: true);
        question["padding"] = new string('x', 2_000_000);
        var calls = Many(150, Operator, question, null, cancellationToken);
        await gate.Reached.WaitAsync(cancellationToken);
        // The provider keeps all waiting, so what has ended was refused.
        await Eventually.TrueAsync(() => calls.Count(call => call.IsCompleted) >= 10, "some are refused", cancellationToken);
        gate.Open();
        var done = await Task.WhenAll(calls);
        foreach (var call in done)
            Expect(call.Ended || call is { Status: HttpStatusCode.ServiceUnavailable, Code: "overloaded", RetryAfter: true }, $"{call}");
        Expect(done.Any(call => call.Ended) && done.Any(call => !call.Ended), $"{done.Count(call => call.Ended)} of {done.Length} were taken");
    }

    private async Task NeighbourAsync(ApiClient client, int calls, CancellationToken cancellationToken)
    {
        try
        {
            for (var n = 0; n < calls && !cancellationToken.IsCancellationRequested; n++)
            {
                var began = Stopwatch.GetTimestamp();
                var call = await ModelCall.MakeAsync(client, Question(Healthy, stream: false), null, cancellationToken);
                // A gateway that is full says so to everybody; that is what keeps it alive.
                Expect(call.Ended || call.Code == "overloaded", $"the other tenant: {call}");
                if (call.Ended)
                    _neighbour.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                await Task.Delay(20, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The trials are over.
        }
    }

    private static Task<ModelCall[]> ManyAsync(int calls, ApiClient client, JsonObject question, string? cacheControl, CancellationToken cancellationToken) =>
        Task.WhenAll(Many(calls, client, question, cacheControl, cancellationToken));

    private static List<Task<ModelCall>> Many(int calls, ApiClient client, JsonObject question, string? cacheControl, CancellationToken cancellationToken) =>
        [.. Enumerable.Range(0, calls).Select(_ => ModelCall.MakeAsync(client, (JsonObject)question.DeepClone(), cacheControl, cancellationToken))];

    private async Task DeployAsync(string name, int first, int then, CancellationToken cancellationToken)
    {
        var deployment = new
        {
            id = name,
            endpoints = new[] { Models.Endpoint },
            api_key_secret = FakeModelServer.ApiKeySecret,
            input_micros_per_million = FakeModelServer.InputMicrosPerMillion,
            output_micros_per_million = FakeModelServer.OutputMicrosPerMillion,
            max_output_bytes = 20_000,
            timeouts = new { connect = 5, first_token = first, between_tokens = then, total = 30 },
        };
        // A probe that a busy machine answers late takes the only replica away for a moment.
        await Eventually.TrueAsync(
            async () => (await Operator.TryAsync(HttpMethod.Post, "/v1/deployments", deployment, cancellationToken)).Status == HttpStatusCode.Created,
            $"{name} is deployed", cancellationToken);
    }

    private static JsonObject Question(string model, bool stream) => new()
    {
        ["model"] = model,
        ["stream"] = stream,
        ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "Say something." }),
    };

    private void Expect(bool good, string otherwise)
    {
        lock (_problems)
        {
            if (!good)
                _problems.Add(otherwise);
        }
    }

    private double Resident()
    {
        using var process = Process.GetProcessById(Host.Services.Single(child => child.AppId == "inference").ProcessId!.Value);
        return process.WorkingSet64 / 1e6;
    }

    private double Quantile(double quantile)
    {
        var sorted = _neighbour.Order().ToList();
        return sorted[(int)Math.Min(sorted.Count - 1, sorted.Count * quantile)];
    }
}
