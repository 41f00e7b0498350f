using Agents.Analytics.Archive;
using Agents.Analytics.Outcomes;
using Agents.Analytics.Series;
using Agents.Analytics.Tests.Folding;
using Agents.Contracts;

namespace Agents.Analytics.Tests.Outcomes;

/// <summary>Each session's outcome with all that it cost, from events that come in any order, late and twice.</summary>
public sealed class OutcomeTests
{
    private static readonly DateTimeOffset Noon = SomeEvents.Noon;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1), InlineData(2), InlineData(3), InlineData(4)]
    public async Task Every_cost_counts_once_with_the_outcome_of_its_session(int seed)
    {
        var random = new Random(seed);
        var story = Story(random, sessions: 60);
        using var world = new FoldWorld(Noon);
        var replica = world.New("a");
        await world.LeadAsync(replica, Token);
        foreach (var portion in story.Concat(story.Where(_ => random.Next(4) == 0)).OrderBy(one => one.Time.AddSeconds(random.Next(7_000))).Chunk(40))
        {
            if (portion[^1].Time > world.Clock.GetUtcNow())
                world.Clock.Pass(portion[^1].Time - world.Clock.GetUtcNow());
            await replica.Archive.AppendAsync(portion, Token);
            await replica.Folder.RoundAsync(true, Token);
        }
        world.Clock.Pass(TimeSpan.FromHours(2));
        await CompareAsync(replica, story);
        // The same of hours and days.
        world.Clock.Pass(TimeSpan.FromDays(3));
        await replica.Folder.RoundAsync(true, Token);
        await CompareAsync(replica, story);
    }

    private static async Task CompareAsync(Replica replica, IReadOnlyList<ArchivedEvent> story)
    {
        // A range into which sessions reach that began before it.
        var range = new TimeRange(Noon.AddHours(2), Noon.AddDays(3));
        var (tally, complete) = await replica.Reader.CasesAsync("acme", range, Token);
        var report = OutcomeBuilder.Build(range, tally, complete, Noon.AddDays(9));
        var ends = story.Select(object? (ArchivedEvent one) => KnownEvents.Read(one)).OfType<SessionEnded>().Where(end => end.Time >= range.From).ToDictionary(end => end.Session);
        var calls = story.Select(object? (ArchivedEvent one) => KnownEvents.Read(one)).OfType<CallCompleted>().Where(call => ends.ContainsKey(call.Session!)).ToList();
        Assert.NotEmpty(ends);

        Assert.Equal(
            (ends.Count, ends.Values.Count(end => end.Outcome == "resolved"), calls.Count, calls.Sum(call => call.CostMicros)),
            (report.Total.Sessions, report.Total.Resolved, report.Total.Calls, report.Total.CostMicros));
        Assert.Equal(calls.Where(call => ends[call.Session!].Outcome == "resolved").Sum(call => call.CostMicros), report.Total.ResolvedCostMicros);
        Assert.Equal(report.Total.CostMicros, report.ByVersion.Sum(row => row.CostMicros));
        Assert.Equal(report.Total.CostMicros, report.ByVersionAndModel.Sum(row => row.CostMicros));
        foreach (var row in report.ByVersionAndModel)
        {
            var own = calls.Where(call => $"support@{ends[call.Session!].AgentVersion}" == row.Version && $"{call.Model}@{call.Version}" == row.Model).ToList();
            Assert.Equal((own.Select(call => call.Session).Distinct().Count(), own.Sum(call => call.CostMicros)), (row.Sessions, row.CostMicros));
        }
        var sessions = OutcomeBuilder.Sessions(tally);
        Assert.Equal(ends.Keys.Order(), sessions.Select(session => session.Session).Order());
        foreach (var session in sessions)
            Assert.Equal(calls.Where(call => call.Session == session.Session).Sum(call => call.CostMicros), session.CostMicros);
    }

    private static List<ArchivedEvent> Story(Random random, int sessions)
    {
        var story = new List<ArchivedEvent>();
        for (var n = 0; n < sessions; n++)
        {
            var begun = Noon.AddMinutes(random.Next(600));
            var session = $"sess_{Guid.CreateVersion7(begun):N}";
            var (version, length) = (random.Next(1, 4), random.Next(1, 300));
            for (var call = random.Next(6); call > 0; call--)
            {
                story.Add(SomeEvents.Archived(new CallCompleted(
                    "acme", begun.AddMinutes(random.NextDouble() * length), $"c{n}.{call}", null, null, "default", $"m{random.Next(2)}", $"v{random.Next(2)}", "stable", "small",
                    "alias", "none", 10, 10, 0, random.Next(10_000), 5, 50, null, "support", version, null, null, session)));
            }
            if (random.Next(5) > 0)
                story.Add(SomeEvents.Archived(new SessionEnded("acme", begun.AddMinutes(length), session, null, "support", version, random.Next(3) == 0 ? "escalated" : "resolved")));
        }
        return story;
    }
}
