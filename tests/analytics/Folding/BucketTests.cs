using Agents.Analytics.Archive;
using Agents.Analytics.Figures;
using Agents.Analytics.Folding;

namespace Agents.Analytics.Tests.Folding;

/// <summary>The fold: arrival must not matter.</summary>
public sealed class BucketTests
{
    private static readonly DateTimeOffset Noon = SomeEvents.Noon;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 25)];

    [Theory, MemberData(nameof(Seeds))]
    public void Order_of_arrival_and_duplicates_change_nothing(int seed)
    {
        var random = new Random(seed);
        var history = SomeEvents.History(random, 600);
        var again = history.Concat(history.Where(_ => random.Next(3) == 0)).ToArray();
        random.Shuffle(again);
        Assert.Equal(Shown(Folded(history)), Shown(Folded(again)));
    }

    [Fact]
    public void The_last_rating_of_a_turn_holds()
    {
        ArchivedEvent[] ratings = [SomeEvents.Rated("t1", Noon, "down", 1), SomeEvents.Rated("t1", Noon.AddHours(5), "up", 2), SomeEvents.Rated("t2", Noon, "down", 1)];
        foreach (var order in new[] { ratings, [.. ratings.Reverse()] })
        {
            var total = Folded(order).Total;
            Assert.Equal((3, 1, 1), (total[Counter.Events], total[Counter.RatedUp], total[Counter.RatedDown]));
        }
    }

    [Fact]
    public void A_rating_counts_where_the_turn_was_rated_first()
    {
        var late = SomeEvents.Rated("t1", Noon.AddHours(5), "up", 2);
        Assert.Equal(Noon, Bucket.TimeOf(late, KnownEvents.Read(late)));
        var much = SomeEvents.Rated("t1", Noon.AddDays(31), "up", 3);
        Assert.Equal(Noon.AddDays(31), Bucket.TimeOf(much, KnownEvents.Read(much)));
    }

    [Fact]
    public void The_same_id_of_another_type_is_another_event() =>
        Assert.Equal(2, Folded([SomeEvents.Turn("t", Noon), SomeEvents.FailedTurn("t", Noon) with { Id = "t.completed" }]).Total[Counter.Events]);

    [Fact]
    public void The_values_of_a_dimension_make_the_same_sum_as_the_total()
    {
        var tally = Folded(SomeEvents.History(new Random(7), 600));
        Assert.Equal(tally.Total[Counter.CostMicros], tally.Cells.Where(cell => cell.Key.Dimension == Dimension.Model).Sum(cell => cell.Value[Counter.CostMicros]));
        Assert.Equal(tally.Total[Counter.TurnsCompleted], tally.Of(Dimension.Agent, "default")[Counter.TurnsCompleted]);
        Assert.Equal(tally.Total[Counter.TurnsCompleted], tally.Of(Dimension.Version, "default@1")[Counter.TurnsCompleted]);
    }

    internal static Tally Folded(IEnumerable<ArchivedEvent> events)
    {
        var bucket = new Bucket();
        foreach (var archived in events)
            bucket.Add(archived, KnownEvents.Read(archived));
        return bucket.Tally;
    }

    /// <summary>All that a tally holds, as text.</summary>
    internal static string Shown(Tally tally) => string.Join(
        '\n',
        tally.Cells.Select(cell => (cell.Key, Text: CellFormat.Write(cell.Value))).Where(cell => cell.Text.Length > 0).Select(cell => $"{cell.Key} {cell.Text}")
            .Concat(tally.Lives.Select(life => life.ToString())).Order(StringComparer.Ordinal));
}
