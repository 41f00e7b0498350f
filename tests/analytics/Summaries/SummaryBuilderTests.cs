using System.Text.Json;
using System.Text.Json.Nodes;
using Agents.Analytics.Archive;
using Agents.Analytics.Figures;
using Agents.Analytics.Folding;
using Agents.Analytics.Series;
using Agents.Analytics.Summaries;
using Agents.Defaults.Api;

namespace Agents.Analytics.Tests.Summaries;

public sealed class SummaryBuilderTests
{
    private static readonly DateTimeOffset Noon = SomeEvents.Noon;
    private static readonly TimeRange Range = new(Noon, Noon.AddMinutes(10));

    [Fact]
    public void Without_data_nothing_is_made_up()
    {
        var empty = Build([]);
        Assert.Equal("""{"turns":0,"failed":0,"requests_per_second":0}""", Group(empty, "agent"));
        Assert.Equal(
            """{"calls":0,"errors":0,"tokens_in":0,"tokens_out":0,"tokens_cached":0,"cost_micros":"0","rate_limited":0,"by_model":[]}""", Group(empty, "model"));
        Assert.Equal("""{"feedback_up":0,"feedback_down":0,"guardrails_triggered":0}""", Group(empty, "quality"));
        Assert.Equal(
            """{"sessions_started":0,"sessions_ended":0,"resolved":0,"escalated":0,"escalations_opened":0,"escalations_resolved":0,"cost_micros":"0"}""",
            Group(empty, "business"));
    }

    [Fact]
    public void Turns_are_counted_timed_and_rated()
    {
        var summary = Build([
            SomeEvents.Turn("t1", Noon, ttft: 100, duration: 1_000), SomeEvents.Turn("t2", Noon, ttft: 100, duration: 1_000),
            SomeEvents.Turn("t3", Noon, ttft: 100, duration: 1_000), SomeEvents.FailedTurn("t4", Noon),
            SomeEvents.Rated("t1", Noon, "down", 1), SomeEvents.Rated("t1", Noon, "up", 2), SomeEvents.Rated("t2", Noon, "down", 1),
            SomeEvents.Scored("t1", Noon, 0.5), SomeEvents.Scored("t2", Noon, 1)]);
        Assert.Equal((4, 1, 0.25, 4 / 600.0), (summary.Agent.Turns, summary.Agent.Failed, summary.Agent.ErrorRate, summary.Agent.RequestsPerSecond));
        Assert.InRange(summary.Agent.LatencyMs!.P99, 990, 1_010);
        Assert.InRange(summary.Agent.TtftMs!.P50, 99, 101);
        var quality = summary.Quality;
        Assert.Equal(
            (0.75, 1, 1, 0.5, 0.75),
            (quality.CompletionRate, quality.FeedbackUp, quality.FeedbackDown, quality.Satisfaction, quality.Groundedness));
    }

    [Fact]
    public void Money_is_exact_and_averages_are_rounded_to_the_micro_unit()
    {
        var summary = Build([
            SomeEvents.Call("c1", Noon, model: "large", cost: 9_007_199_254_740_993), SomeEvents.Call("c2", Noon, cost: 1),
            SomeEvents.Call("c3", Noon, cost: 1, error: "provider_rate_limited"), SomeEvents.Started("s1", Noon),
            SomeEvents.Ended("s1", Noon, "resolved"), SomeEvents.Ended("s2", Noon, "escalated"), SomeEvents.Ended("s3", Noon, "abandoned")]);
        var (model, business) = (summary.Model, summary.Business);
        Assert.Equal("9007199254740995", JsonNode.Parse(Group(summary, "model"))!["cost_micros"]!.GetValue<string>());
        Assert.Equal((3, 1, 1, 3_002_399_751_580_332), (model.Calls, model.Errors, model.RateLimited, model.CostMicrosPerCall));
        Assert.Equal(["small", "large"], model.ByModel.Select(one => one.Model));
        Assert.Equal(model.CostMicros, business.CostMicros);
        Assert.Equal(
            (1, 3, 1, 1, 2 / 3.0),
            (business.SessionsStarted, business.SessionsEnded, business.Resolved, business.Escalated, business.DeflectionRate));
        Assert.Equal((business.CostMicros, business.CostMicros), (business.CostMicrosPerSession, business.CostMicrosPerResolution));
    }

    [Fact]
    public void Beyond_fifty_models_the_rest_is_summed_up()
    {
        var summary = Build([.. Enumerable.Range(0, 60).Select(i => SomeEvents.Call($"c{i}", Noon, model: $"model-{i:00}", cost: 2))]);
        Assert.Equal(51, summary.Model.ByModel.Count);
        Assert.Equal(("(other)", 10, 20), (summary.Model.ByModel[^1].Model, summary.Model.ByModel[^1].Calls, summary.Model.ByModel[^1].CostMicros));
        Assert.Equal(summary.Model.CostMicros, summary.Model.ByModel.Sum(one => one.CostMicros));
    }

    [Fact]
    public void The_operator_sees_replicas_and_others_do_not()
    {
        ArchivedEvent[] events = [
            SomeEvents.Beat("r0", "e1", 1, Noon), SomeEvents.Beat("r0", "e1", 2, Noon.AddMinutes(9.9)),
            SomeEvents.Beat("r1", "e1", 1, Noon.AddMinutes(2)), SomeEvents.Beat("c0", "e1", 7, Noon.AddMinutes(9.9), "conversation"),
            SomeEvents.Beat("c0", "e2", 1, Noon.AddMinutes(9.95), "conversation"), SomeEvents.Turn("t1", Noon)];
        const string everything = """
            {
              "replicas": [{"app_id": "conversation", "alive": 1}, {"app_id": "retrieval", "alive": 1}], "joins": 3, "leaves": 1,
              "events_archived": 6, "ignored_events": 0, "documents_ready": 0, "documents_failed": 0
            }
            """;
        Assert.Equal(JsonNode.Parse(everything)!.ToJsonString(), Group(Build(events, replicas: true), "infrastructure"));
        Assert.Equal(
            """{"events_archived":6,"ignored_events":0,"documents_ready":0,"documents_failed":0}""", Group(Build(events), "infrastructure"));
    }

    [Theory]
    [InlineData(true, 11, true), InlineData(true, 13, false), InlineData(false, 13, true)]
    public void Figures_are_provisional_while_facts_may_arrive_or_wait_to_be_counted(bool complete, int now, bool provisional) =>
        Assert.Equal(provisional, SummaryBuilder.Build(Range, new Excerpt(new Tally(), complete), false, Noon.AddMinutes(now)).Provisional);

    [Fact]
    public void The_rate_is_over_the_part_of_the_range_that_has_passed()
    {
        var one = new Excerpt(Folded([SomeEvents.Turn("t", Noon)]), true);
        Assert.Equal(1 / 60.0, SummaryBuilder.Build(Range, one, false, Noon.AddMinutes(1)).Agent.RequestsPerSecond);
        Assert.Null(SummaryBuilder.Build(Range, one, false, Noon).Agent.RequestsPerSecond);
    }

    private static Summary Build(IReadOnlyList<ArchivedEvent> events, bool replicas = false) =>
        SummaryBuilder.Build(Range, new Excerpt(Folded(events), true), replicas, Noon.AddHours(1));

    private static Tally Folded(IReadOnlyList<ArchivedEvent> events)
    {
        var bucket = new Bucket();
        foreach (var archived in events)
            bucket.Add(archived, KnownEvents.Read(archived));
        return bucket.Tally;
    }

    private static string Group(Summary summary, string name) => JsonNode.Parse(JsonSerializer.Serialize(summary, Json.Options))![name]!.ToJsonString();
}
