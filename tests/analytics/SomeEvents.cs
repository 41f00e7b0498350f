using System.Text.Json;
using Agents.Analytics.Archive;
using Agents.Contracts;
using Agents.Defaults.Api;

namespace Agents.Analytics.Tests;

/// <summary>Events as the archive holds them.</summary>
internal static class SomeEvents
{
    private static readonly string[] Outcomes = ["resolved", "escalated", "abandoned"];

    /// <summary>A full minute.</summary>
    public static readonly DateTimeOffset Noon = new(2026, 3, 14, 12, 0, 0, TimeSpan.Zero);

    public static ArchivedEvent Archived<TEvent>(TEvent fact, TimeSpan late = default)
        where TEvent : IEvent =>
        new(fact.Id, TEvent.Type, fact.Tenant, fact.Time, fact.Time + late, JsonSerializer.SerializeToElement(fact, Json.Options));

    public static ArchivedEvent Turn(string id, DateTimeOffset time, string tenant = "acme", int ttft = 100, int duration = 1_000) =>
        Archived(new TurnCompleted(tenant, time, id, "s", "default", 1, [], [], ttft, duration));

    public static ArchivedEvent FailedTurn(string id, DateTimeOffset time, string tenant = "acme") =>
        Archived(new TurnFailed(tenant, time, id, "s", "default", 1, [], [], null, 10, "model_unavailable"));

    public static ArchivedEvent Call(
        string id, DateTimeOffset time, string tenant = "acme", string model = "small", int tokens = 10, long cost = 3, string? error = null) =>
        Archived(new CallCompleted(
            tenant, time, id, null, null, "default", model, null, "stable", "small", "default", "none", tokens, tokens / 2, tokens / 4, cost, 20, 200, error));

    public static ArchivedEvent Rated(string turn, DateTimeOffset time, string rating, int revision, string tenant = "acme") =>
        Archived(new FeedbackGiven(tenant, time, turn, rating, revision, Noon));

    public static ArchivedEvent Ended(string session, DateTimeOffset time, string outcome, string tenant = "acme") =>
        Archived(new SessionEnded(tenant, time, session, null, "default", 1, outcome));

    public static ArchivedEvent Started(string session, DateTimeOffset time, string tenant = "acme") =>
        Archived(new SessionStarted(tenant, time, session, null, "default", 1));

    public static ArchivedEvent Scored(string turn, DateTimeOffset time, double groundedness, string tenant = "acme") =>
        Archived(new AnswerScored(tenant, time, turn, groundedness));

    public static ArchivedEvent Beat(string replica, string epoch, long beat, DateTimeOffset time, string app = "retrieval") =>
        Archived(new ReplicaHeartbeat("default", time, replica, epoch, beat, app, "main", 0, 0, "1"));

    /// <summary>A random history of two tenants over some hours from noon, with events that nobody understands among it.</summary>
    public static List<ArchivedEvent> History(Random random, int count, double hours = 0.5) =>
        [.. Enumerable.Range(0, count).Select(i => OneOf(random, i, hours))];

    private static ArchivedEvent OneOf(Random random, int i, double hours)
    {
        var time = Noon.AddMilliseconds(random.Next((int)(hours * 3_600_000)));
        var tenant = random.Next(3) == 0 ? "other" : "acme";
        return random.Next(11) switch
        {
            0 => FailedTurn($"t{i}", time, tenant),
            1 => Call($"c{i}", time, tenant, $"m{random.Next(4)}", random.Next(2_000), random.Next(5_000), random.Next(9) == 0 ? "provider_rate_limited" : null),
            2 => Rated($"t{random.Next(40)}", time, random.Next(2) == 0 ? "up" : "down", i, tenant),
            3 => Started($"s{i}", time, tenant),
            4 => Ended($"s{i}", time, Outcomes[random.Next(3)], tenant),
            5 => Scored($"t{i}", time, random.NextDouble(), tenant),
            6 => Beat($"r{random.Next(4)}", $"e{random.Next(2)}", i, time),
            7 => Archived(new GuardrailTriggered(tenant, time, $"t{i}", "pii", "mask", "output", 1)),
            8 => Turn($"t{i}", time, tenant) with { Type = "agents.turn.shrugged.v1" },
            9 => Turn($"t{i}", time, tenant) with { Data = JsonElement.Parse("""{"tenant": "acme"}""") },
            _ => Turn($"t{i}", time, tenant, random.Next(500), random.Next(20_000)),
        };
    }
}
