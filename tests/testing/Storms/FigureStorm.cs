using System.Globalization;
using System.Text.Json.Nodes;
using Agents.Contracts;
using Agents.Defaults.Api;
using Agents.Defaults.Events;
using Dapr;
using Dapr.Client;

namespace Agents.Testing.Storms;

/// <param name="Seed">Decides what is published, in which order, how often, and who dies when.</param>
/// <param name="Events">Different ones; about one in five is published more than once.</param>
/// <param name="Kills">So many at least, for they go on as long as events are published; 0 for none.</param>
public sealed record FigureStormOptions(int Seed, int Events, int Tenants, int Kills);

/// <param name="Problems">Figures that differ from the recount, at most some per tenant.</param>
public sealed record FigureReport(int Events, int Published, int Kills, int Compared, IReadOnlyList<string> Problems)
{
    public bool Good => Problems.Count == 0;

    public override string ToString() => $"""
        events               {Events} different ones, published {Published} times, with {Kills} kills
        figures compared     {Compared}; different {Problems.Count}
        {string.Join('\n', Problems.Take(20))}
        """;
}

/// <summary>
/// Events of some hours, published in disorder and some of them again, while replicas of analytics and the runtime are killed. Afterwards
/// every count and every micro-unit of every tenant, in total, by hour and by model, must be what the published events add up to.
/// </summary>
public sealed class FigureStorm(Stack stack, FigureStormOptions options)
{
    private const int Batch = 50;
    private const int Publishers = 4;
    private const int Hours = 6;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(700);

    private readonly Random _random = new(options.Seed);
    private readonly DateTimeOffset _from = Hour(TimeProvider.System.GetUtcNow()).AddHours(-Hours);
    private int _published;

    public async Task<FigureReport> RunAsync(CancellationToken cancellationToken)
    {
        var tenants = new List<(string Id, ApiClient Client)>();
        for (var n = 0; n < options.Tenants; n++)
        {
            var id = (await stack.Operator.CreateAsync("/v1/tenants", new { name = $"Storm {n}" }, cancellationToken)).Text("id");
            tenants.Add((id, await stack.NewKeyAsync(id, cancellationToken, "analytics")));
        }
        var facts = Enumerable.Range(0, options.Events).Select(n => StormEvent.Of(OneOf(tenants[_random.Next(tenants.Count)].Id, n))).ToList();
        var publishing = PublishAsync(facts, cancellationToken);
        var killed = options.Kills > 0 ? await KillAsync(publishing, cancellationToken) : 0;
        await publishing;
        foreach (var child in stack.Host.Services)
            await child.WaitUntilReadyAsync(cancellationToken);

        var (compared, problems) = (0, new List<string>());
        foreach (var (tenant, client) in tenants)
        {
            var own = facts.Where(fact => fact.Tenant == tenant).ToList();
            await Eventually.TrueAsync(
                async () => (await FiguresAsync(client, "events", null, cancellationToken))["series"]![0]!["whole"]!.GetValue<long>() == own.Count,
                $"all {own.Count} events of {tenant} are counted", cancellationToken, Patience);
            await CompareAsync(client, null, own, cancellationToken);
            await CompareAsync(client, "model", [.. own.Where(fact => fact.Data is CallCompleted)], cancellationToken);
        }
        return new FigureReport(options.Events, _published, killed, compared, problems);

        async Task CompareAsync(ApiClient client, string? groupBy, IReadOnlyList<StormEvent> own, CancellationToken token)
        {
            var answer = await FiguresAsync(client, string.Join(',', FigureRecount.Names), groupBy, token);
            foreach (var series in answer.List("series"))
            {
                var (name, value) = (series.Text("figure"), series!["value"]?.GetValue<string>());
                var counted = own.Where(fact => value is null || (fact.Data is CallCompleted call && call.Model == value)).ToList();
                Compare($"{name} {value}", series["whole"], FigureRecount.Of(name, counted));
                for (var hour = 0; hour < Hours; hour++)
                {
                    var at = _from.AddHours(hour);
                    Compare($"{name} {value} {at:HH}", series["points"]![hour], FigureRecount.Of(name, counted.Where(fact => Hour(fact.Time) == at)));
                }
            }
        }

        void Compare(string what, JsonNode? shown, long expected)
        {
            compared++;
            if ((shown?.GetValue<long>() ?? 0) != expected)
                problems.Add($"{what}: {shown?.ToJsonString() ?? "nothing"} instead of {expected.ToString(CultureInfo.InvariantCulture)}");
        }
    }

    private Task<JsonNode> FiguresAsync(ApiClient client, string figures, string? groupBy, CancellationToken cancellationToken) => client.GetAsync(
        $"/v1/analytics/figures?figures={figures}&from={_from:yyyy-MM-ddTHH:mm:ssZ}&to={_from.AddHours(Hours):yyyy-MM-ddTHH:mm:ssZ}{(groupBy is null ? "" : $"&group_by={groupBy}")}",
        cancellationToken);

    private async Task PublishAsync(IReadOnlyList<StormEvent> facts, CancellationToken cancellationToken)
    {
        // Nearly in the order of time, some much later, and some again.
        var arrivals = facts.Concat(facts.Where(_ => _random.Next(5) == 0))
            .OrderBy(fact => fact.Time.AddSeconds(_random.Next(20) == 0 ? _random.Next(Hours * 3_600) : _random.Next(30)))
            .Chunk(Batch).ToList();
        var next = -1;
        var port = stack.Host.Services.First(child => child.AppId == "conversation").DaprHttpPort;
        await Task.WhenAll(Enumerable.Range(0, Publishers).Select(async _ =>
        {
            using var dapr = new DaprClientBuilder().UseHttpEndpoint($"http://127.0.0.1:{port}").UseDaprApiToken(stack.Host.DaprApiToken)
                .UseJsonSerializationOptions(Json.Options).Build();
            while (Interlocked.Increment(ref next) is var at && at < arrivals.Count)
            {
                foreach (var topic in arrivals[at].GroupBy(fact => fact.Topic))
                    await PublishAsync(dapr, topic.Key, [.. topic.Select(fact => fact.Message)], cancellationToken);
            }
        }));
    }

    // What the broker did not confirm is published again, as services do: so it may come twice.
    private async Task PublishAsync(DaprClient dapr, string topic, IReadOnlyList<EventMessage> messages, CancellationToken cancellationToken)
    {
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    Interlocked.Add(ref _published, messages.Count);
                    return (await dapr.BulkPublishEventAsync("pubsub", topic, messages, null, cancellationToken)).FailedEntries.Count == 0;
                }
                catch (Exception exception) when (exception is DaprException or HttpRequestException)
                {
                    return false;
                }
            },
            "the broker takes events", cancellationToken, Patience);
    }

    private async Task<int> KillAsync(Task publishing, CancellationToken cancellationToken)
    {
        var random = new Random(options.Seed + 1);
        var replicas = stack.Host.Services.Where(child => child.AppId == "analytics").ToList();
        var kills = 0;
        for (; kills < options.Kills || !publishing.IsCompleted; kills++)
        {
            await Task.Delay(Pause, cancellationToken);
            var victim = random.Next(6) == 0 ? stack.Host.Runtime : replicas[random.Next(replicas.Count)];
            var died = victim.ProcessId;
            victim.Kill();
            await Eventually.TrueAsync(() => victim.IsReady && victim.ProcessId != died, $"{victim.Name} is back", cancellationToken, Patience);
        }
        return kills;
    }

    private IEvent OneOf(string tenant, int n)
    {
        var time = _from.AddMilliseconds(_random.Next(Hours * 3_600_000));
        var (agent, version, user) = ($"agent-{_random.Next(3)}", _random.Next(1, 3), $"user-{_random.Next(40)}");
        return _random.Next(10) switch
        {
            0 => new SessionStarted(tenant, time, $"s{n}", user, agent, version),
            1 => new SessionEnded(tenant, time, $"s{n}", user, agent, version, _random.Next(2) == 0 ? "resolved" : "abandoned"),
            2 => new FeedbackGiven(tenant, time, $"t{_random.Next(options.Events / 4)}", _random.Next(2) == 0 ? "up" : "down", n, Agent: agent, AgentVersion: version, User: user),
            3 => new TurnFailed(tenant, time, $"t{n}", "s", agent, version, [], [], null, _random.Next(900), "model_unavailable", user),
            4 or 5 or 6 => new TurnCompleted(tenant, time, $"t{n}", "s", agent, version, [], [], _random.Next(900), _random.Next(9_000), user),
            _ => new CallCompleted(
                tenant, time, $"c{n}", $"t{n}", null, "default", $"model-{_random.Next(4)}", null, "stable", "small", "alias", _random.Next(9) == 0 ? "exact" : "none",
                _random.Next(4_000), _random.Next(900), 0, _random.NextInt64(1L << 46), _random.Next(900), _random.Next(9_000),
                _random.Next(9) == 0 ? "provider_rate_limited" : null, agent, version, user),
        };
    }

    private static DateTimeOffset Hour(DateTimeOffset moment) => moment.AddTicks(-(moment.UtcTicks % TimeSpan.TicksPerHour));
}
