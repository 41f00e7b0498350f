using System.Globalization;
using Agents.Analytics.Archive;
using Agents.Analytics.Figures;

namespace Agents.Analytics.Tests.Folding;

/// <summary>What archived events come to when somebody simply adds them up, without the fold's code.</summary>
internal sealed record Recount(long Events, long Turns, long Failed, long Calls, long Errors, long TokensIn, long CostMicros, long Up, long Down, long Resolved)
{
    public static Recount Of(IEnumerable<ArchivedEvent> events)
    {
        var distinct = events.DistinctBy(archived => (archived.Type, archived.Id)).ToList();
        var known = distinct.Where(archived => archived.Data is { } data && data.TryGetProperty("time", out _)).ToLookup(archived => archived.Type, archived => archived.Data!.Value);
        var calls = known["agents.call.completed.v1"].ToList();
        var ratings = known["agents.feedback.given.v1"].GroupBy(rating => rating.GetProperty("turn").GetString())
            .Select(turn => turn.MaxBy(rating => rating.GetProperty("revision").GetInt32()).GetProperty("rating").GetString()).ToList();
        return new Recount(
            distinct.Count, known["agents.turn.completed.v1"].Count(), known["agents.turn.failed.v1"].Count(), calls.Count, calls.Count(call => call.TryGetProperty("error", out _)),
            calls.Sum(call => call.GetProperty("tokens_in").GetInt64()),
            calls.Sum(call => long.Parse(call.GetProperty("cost_micros").GetString()!, CultureInfo.InvariantCulture)),
            ratings.Count(rating => rating == "up"), ratings.Count(rating => rating == "down"),
            known["agents.session.ended.v1"].Count(session => session.GetProperty("outcome").GetString() == "resolved"));
    }

    public static Recount Of(Cell cell) => new(
        cell[Counter.Events], cell[Counter.TurnsCompleted], cell[Counter.TurnsFailed], cell[Counter.Calls], cell[Counter.CallErrors], cell[Counter.TokensIn],
        cell[Counter.CostMicros], cell[Counter.RatedUp], cell[Counter.RatedDown], cell[Counter.SessionsResolved]);

    /// <summary>Where an event counts.</summary>
    public static DateTimeOffset TimeOf(ArchivedEvent archived) =>
        archived.Data is { } data && data.TryGetProperty("since", out var since) ? since.GetDateTimeOffset() : archived.Time;
}
