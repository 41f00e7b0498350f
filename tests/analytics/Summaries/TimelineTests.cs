using System.Text.Json;
using Agents.Analytics.Archive;
using Agents.Analytics.Summaries;
using Agents.Defaults.Api;

namespace Agents.Analytics.Tests.Summaries;

/// <summary>The fold: arrival must not matter.</summary>
public sealed class TimelineTests
{
    private static readonly DateTimeOffset Noon = SomeEvents.Noon;
    private static readonly DateTimeOffset Now = Noon.AddHours(1);
    private static readonly string[] Tenants = ["acme", "other"];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 25)];

    [Theory, MemberData(nameof(Seeds))]
    public void Order_of_arrival_and_duplicates_change_nothing(int seed)
    {
        var random = new Random(seed);
        var history = SomeEvents.History(random, 600);
        var again = history.Concat(history.Where(_ => random.Next(3) == 0)).ToArray();
        random.Shuffle(again);
        Assert.Equal(Shown(Folded([history])), Shown(Folded(again.Chunk(random.Next(1, 100)))));
    }

    [Theory, MemberData(nameof(Seeds))]
    public void The_fold_of_the_parts_is_the_fold_of_the_whole(int seed)
    {
        var random = new Random(seed);
        var history = SomeEvents.History(random, 600);
        var whole = Sum(history);
        var parts = history.GroupBy(_ => random.Next(5)).Select(Sum).ToArray();
        random.Shuffle(parts);
        var merged = new Figures();
        foreach (var part in parts)
            merged.Merge(part);
        Assert.Equal(Shown(whole), Shown(merged));
    }

    [Theory, MemberData(nameof(Seeds))]
    public void Two_adjacent_ranges_add_up_to_both(int seed)
    {
        var random = new Random(seed);
        var timeline = Folded([SomeEvents.History(random, 600)]);
        var middle = Noon.AddMinutes(random.Next(1, 30));
        var (early, late) = (timeline.Read(new SummaryRange(Noon, middle), "acme"), timeline.Read(new SummaryRange(middle, Now), "acme"));
        var whole = timeline.Read(new SummaryRange(Noon, Now), "acme");
        early.Own.Merge(late.Own);
        Assert.Equal(Shown(whole.Own), Shown(early.Own));
        Assert.Equal(whole.Everybody[Counter.Events], early.Everybody[Counter.Events] + late.Everybody[Counter.Events]);
    }

    [Fact]
    public void An_event_counts_in_its_own_minute_however_late_it_arrives()
    {
        var timeline = Folded([[SomeEvents.Turn("on time", Noon.AddMinutes(9))], [SomeEvents.Turn("late", Noon) with { Received = Noon.AddDays(3) }]]);
        Assert.Equal(1, timeline.Read(new SummaryRange(Noon, Noon.AddMinutes(1)), "acme").Own.Counters[Counter.TurnsCompleted]);
    }

    [Fact]
    public void The_same_id_of_another_type_is_another_event() =>
        Assert.Equal(2, Everything(Folded([[SomeEvents.Turn("t", Noon), SomeEvents.FailedTurn("t", Noon) with { Id = "t.completed" }]])).Counters[Counter.Events]);

    [Fact]
    public void A_tenant_sees_nothing_of_another()
    {
        var timeline = Folded([[SomeEvents.Turn("mine", Noon), SomeEvents.Turn("theirs", Noon, "other")]]);
        Assert.Equal(1, Everything(timeline).Counters[Counter.Events]);
        Assert.Equal(0, timeline.Read(new SummaryRange(Noon, Now), "nobody").Own.Counters[Counter.Events]);
    }

    [Fact]
    public void Minutes_older_than_what_is_kept_are_let_go_and_stay_away()
    {
        var timeline = Folded([[SomeEvents.Turn("old", Noon), SomeEvents.Turn("new", Noon.AddMinutes(1))]]);
        timeline.Forget(Noon + TimeSpan.FromMinutes(1) + Timeline.Kept);
        timeline.Add([SomeEvents.Turn("very late", Noon)]);
        var left = timeline.Read(new SummaryRange(Noon, Now), "acme");
        Assert.Equal(1, left.Own.Counters[Counter.TurnsCompleted]);
        Assert.Equal(Noon.AddMinutes(1), left.KeptFrom);
    }

    [Fact]
    public void When_there_is_too_much_to_remember_the_oldest_minutes_go_first()
    {
        var timeline = new Timeline(maxWeight: 100);
        for (var minute = 0; minute < 50; minute++)
            timeline.Add([.. Enumerable.Range(0, 5).Select(i => SomeEvents.Turn($"{minute}.{i}", Noon.AddMinutes(minute)))]);
        timeline.Forget(Now);
        var left = timeline.Read(new SummaryRange(Noon, Now), "acme");
        Assert.Equal(Noon.AddMinutes(46), left.KeptFrom);
        Assert.Equal(4 * 5, left.Own.Counters[Counter.TurnsCompleted]);
    }

    private static Timeline Folded(IEnumerable<IReadOnlyList<ArchivedEvent>> portions)
    {
        var timeline = new Timeline();
        foreach (var portion in portions)
            timeline.Add(portion);
        return timeline;
    }

    private static Figures Everything(Timeline timeline) => timeline.Read(new SummaryRange(Noon, Now), "acme").Own;

    private static string Shown(Timeline timeline)
    {
        var range = new SummaryRange(Noon, Now);
        return JsonSerializer.Serialize(Tenants.Select(tenant => SummaryBuilder.Build(range, timeline.Read(range, tenant), true, true, Now)), Json.Options);
    }

    private static string Shown(Figures figures) => JsonSerializer.Serialize(
        SummaryBuilder.Build(new SummaryRange(Noon, Now), new Excerpt(figures, new Counters(), [], Noon), true, false, Now), Json.Options);

    private static Figures Sum(IEnumerable<ArchivedEvent> events)
    {
        var figures = new Figures();
        foreach (var archived in events)
            figures.Add(KnownEvents.Read(archived));
        return figures;
    }
}
