using System.Text.Json;
using Agents.Contracts;
using Agents.Defaults.Api;
using Agents.Defaults.Events;

namespace Agents.Testing.Storms;

/// <summary>An event, and what is published of it.</summary>
internal sealed record StormEvent(object Data, string Tenant, DateTimeOffset Time, string Topic, EventMessage Message)
{
    public static StormEvent Of(IEvent fact) => new(
        fact, fact.Tenant, fact.Time, fact switch { CallCompleted => Topics.Model, SessionStarted or SessionEnded => Topics.Session, _ => Topics.Turn },
        new EventMessage(JsonSerializer.SerializeToElement<object>(fact, Json.Options))
        {
            Id = fact.Id,
            Type = (string)fact.GetType().GetProperty(nameof(CallCompleted.Type))!.GetValue(null)!,
            Source = new Uri("tests", UriKind.Relative),
            Time = fact.Time,
        });
}

/// <summary>Figures by plain adding up.</summary>
internal static class FigureRecount
{
    public static IReadOnlyList<string> Names { get; } =
    [
        "events", "turns", "turns_failed", "calls", "call_errors", "rate_limited", "cache_hits", "tokens_in", "tokens_out", "cost", "sessions_started",
        "sessions_ended", "resolved", "feedback_up", "feedback_down",
    ];

    public static long Of(string name, IEnumerable<StormEvent> facts) => name switch
    {
        "events" => facts.LongCount(),
        "turns" => facts.LongCount(fact => fact.Data is TurnCompleted or TurnFailed),
        "turns_failed" => facts.LongCount(fact => fact.Data is TurnFailed),
        "sessions_started" => facts.LongCount(fact => fact.Data is SessionStarted),
        "sessions_ended" => facts.LongCount(fact => fact.Data is SessionEnded),
        "resolved" => facts.LongCount(fact => fact.Data is SessionEnded { Outcome: "resolved" }),
        "feedback_up" => Ratings(facts, "up"),
        "feedback_down" => Ratings(facts, "down"),
        _ => facts.Select(fact => fact.Data).OfType<CallCompleted>().Sum(call => name switch
        {
            "calls" => 1,
            "call_errors" or "rate_limited" => call.Error is null ? 0 : 1,
            "cache_hits" => call.Cache == "exact" ? 1 : 0,
            "tokens_in" => call.TokensIn,
            "tokens_out" => call.TokensOut,
            _ => call.CostMicros,
        }),
    };

    // Without a first rating's time, each rating counts in its own minute, and the last one of a turn there.
    private static long Ratings(IEnumerable<StormEvent> facts, string rating) => facts.Select(fact => fact.Data).OfType<FeedbackGiven>()
        .GroupBy(feedback => (feedback.Turn, feedback.Time.UtcTicks / TimeSpan.TicksPerMinute)).LongCount(turn => turn.MaxBy(feedback => feedback.Revision)!.Rating == rating);
}
