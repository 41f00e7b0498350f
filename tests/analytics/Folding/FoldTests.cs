using Agents.Analytics.Archive;
using Agents.Analytics.Figures;
using Agents.Analytics.Series;
using Dapr;

namespace Agents.Analytics.Tests.Folding;

/// <summary>Figures of an archive, whoever folds it and wherever he dies.</summary>
public sealed class FoldTests
{
    private static readonly DateTimeOffset Noon = SomeEvents.Noon;
    private static readonly string[] Tenants = ["acme", "other", "default"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 12)];

    [Theory, MemberData(nameof(Seeds))]
    public async Task Figures_equal_a_recount_whoever_dies_and_whatever_comes_late_or_twice(int seed)
    {
        var random = new Random(seed);
        using var world = new FoldWorld(Noon);
        var history = SomeEvents.History(random, 700, hours: 30);
        Replica[] archivers = [world.New("a"), world.New("b")];
        var (folder, died, left) = (world.New("f"), 0, new List<Replica>());
        await world.LeadAsync(folder, Token);
        foreach (var portion in Arrivals(random, history).Chunk(25))
        {
            var late = portion[^1].At - world.Clock.GetUtcNow();
            if (late > TimeSpan.Zero)
                world.Clock.Pass(late);
            await archivers[random.Next(2)].Archive.AppendAsync([.. portion.Select(arrival => arrival.Event)], Token);
            try
            {
                // A replica that was only paused goes on as if nothing had happened, and must not be heard.
                if (left.Count > 0 && random.Next(3) == 0)
                    await left[random.Next(left.Count)].Folder.RoundAsync(true, Token);
                await folder.Folder.RoundAsync(random.Next(2) == 0, Token);
            }
            catch (Exception exception) when (exception is DaprException or HttpRequestException)
            {
                died++;
            }
            if (random.Next(4) > 0)
                continue;
            left.Add(folder);
            folder = world.New("f", random.Next(60, 400));
            try
            {
                await world.LeadAsync(folder, Token);
            }
            catch (Exception exception) when (exception is DaprException or HttpRequestException)
            {
                died++;
            }
        }
        Assert.True(died > 0, "the seed brings no death about");

        var last = world.New("last");
        await world.LeadAsync(last, Token);
        await last.Folder.RoundAsync(true, Token);
        await AssertRecountAsync(last, history);
        // Hours and days are made, and give the same.
        world.Clock.Pass(TimeSpan.FromDays(3));
        await last.Folder.RoundAsync(true, Token);
        foreach (var tenant in Tenants)
            Assert.Equal(("", ""), ((await last.Figures.TenantAsync(tenant, Token)).Hours, (await last.Figures.TenantAsync(tenant, Token)).Days));
        await AssertRecountAsync(last, history);
    }

    [Fact]
    public async Task A_late_event_opens_its_minute_hour_and_day_again()
    {
        using var world = new FoldWorld(Noon.AddMinutes(5));
        var replica = world.New("a");
        await world.LeadAsync(replica, Token);
        await ArriveAsync(replica, [SomeEvents.Call("c1", Noon, cost: 5), SomeEvents.Call("c2", Noon, cost: 7)]);
        world.Clock.Pass(TimeSpan.FromDays(20));
        await replica.Folder.RoundAsync(true, Token);
        Assert.Equal(12, await CostAsync(replica));
        Assert.Equal("", (await replica.Figures.TenantAsync("acme", Token)).Days);

        var successor = world.New("b");
        await world.LeadAsync(successor, Token);
        await ArriveAsync(successor, [SomeEvents.Call("c3", Noon, cost: 100), SomeEvents.Call("c1", Noon, cost: 5)]);
        Assert.Equal(112, await CostAsync(successor));
        world.Clock.Pass(TimeSpan.FromMinutes(1));
        await successor.Folder.RoundAsync(true, Token);
        Assert.Equal("", (await successor.Figures.TenantAsync("acme", Token)).Days);
        Assert.Equal(112, await CostAsync(successor));
    }

    [Fact]
    public async Task Reading_the_archive_again_gives_the_same_figures()
    {
        using var world = new FoldWorld(Noon.AddHours(2));
        var replica = world.New("a");
        await world.LeadAsync(replica, Token);
        var history = SomeEvents.History(new Random(3), 400, hours: 2);
        await ArriveAsync(replica, history);
        world.Clock.Pass(TimeSpan.FromDays(5));
        await replica.Folder.RoundAsync(true, Token);
        for (var shard = 0; shard < Agents.Analytics.Folding.FigureStore.Shards; shard++)
            await replica.Figures.UpdateShardAsync(shard, current => current!.Again(), Token);
        Assert.False((await replica.Reader.ReadAsync("acme", Range, Dimensions.All, Token)).Complete);
        for (var round = 0; round < 3; round++)
        {
            world.Clock.Pass(TimeSpan.FromSeconds(6));
            await replica.Folder.RoundAsync(true, Token);
        }
        Assert.True((await replica.Reader.ReadAsync("acme", Range, Dimensions.All, Token)).Complete);
        await AssertRecountAsync(replica, history);
    }

    [Fact]
    public async Task A_tenant_sees_nothing_of_another()
    {
        using var world = new FoldWorld(Noon.AddMinutes(5));
        var replica = world.New("a");
        await world.LeadAsync(replica, Token);
        await ArriveAsync(replica, [SomeEvents.Turn("mine", Noon), SomeEvents.Turn("theirs", Noon, "other")]);
        Assert.Equal(1, (await replica.Reader.ReadAsync("acme", Range, Dimensions.All, Token)).Tally.Total[Counter.Events]);
        Assert.Equal(0, (await replica.Reader.ReadAsync("nobody", Range, Dimensions.All, Token)).Tally.Total[Counter.Events]);
    }

    private static TimeRange Range => new(Noon.AddHours(-12), Noon.AddDays(4));

    private static async Task ArriveAsync(Replica replica, IReadOnlyList<ArchivedEvent> events)
    {
        await replica.Archive.AppendAsync(events, Token);
        await replica.Folder.RoundAsync(true, Token);
    }

    private static async Task<long> CostAsync(Replica replica) =>
        (await replica.Reader.ReadAsync("acme", Range, [Dimension.Total], Token)).Tally.Total[Counter.CostMicros];

    /// <summary>Most come within seconds, some after hours, and some again.</summary>
    private static IEnumerable<(DateTimeOffset At, ArchivedEvent Event)> Arrivals(Random random, IReadOnlyList<ArchivedEvent> history) => history
        .Concat(history.Where(_ => random.Next(4) == 0))
        .Select(archived => (At: archived.Time.AddSeconds(random.Next(10) == 0 ? random.Next(30_000) : random.Next(5)), Event: archived))
        .OrderBy(arrival => arrival.At);

    /// <summary>Compares whole and by hours with what plain adding up gives.</summary>
    private static async Task AssertRecountAsync(Replica replica, IReadOnlyList<ArchivedEvent> history)
    {
        foreach (var tenant in Tenants)
        {
            var own = history.Where(archived => archived.Tenant == tenant).ToList();
            var whole = (await replica.Reader.ReadAsync(tenant, Range, Dimensions.All, Token)).Tally;
            Assert.Equal(BucketTests.Shown(BucketTests.Folded(own)), BucketTests.Shown(whole));
            Assert.Equal(Recount.Of(own), Recount.Of(whole.Total));
            List<TimeRange> hours = [.. Enumerable.Range(0, 34).Select(hour => new TimeRange(Noon.AddHours(hour), Noon.AddHours(hour + 1)))];
            foreach (var (range, tally) in (await replica.Reader.StepsAsync(tenant, hours, [Dimension.Total], Token)).Tallies)
                Assert.Equal(Recount.Of(own.Where(archived => Recount.TimeOf(archived) >= range.From && Recount.TimeOf(archived) < range.To)), Recount.Of(tally.Total));
        }
    }
}
