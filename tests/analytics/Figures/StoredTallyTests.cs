using System.Text.Json;
using Agents.Analytics.Figures;
using Agents.Defaults.Api;

namespace Agents.Analytics.Tests.Figures;

public sealed class StoredTallyTests
{
    [Fact]
    public void Values_beyond_the_limit_are_added_up_and_the_sum_stays()
    {
        var tally = new Tally();
        for (var user = 0; user < 1_000; user++)
            tally.Of(Dimension.User, $"user-{user:0000}").Add(Counter.Events, user + 1);
        var read = Read(StoredTally.Of(tally, Dimensions.All));
        Assert.Equal(256, read.Cells.Count);
        Assert.Equal(1_000, read.Of(Dimension.User, "user-0999")[Counter.Events]);
        Assert.Equal(500_500, read.Cells.Sum(cell => cell.Value[Counter.Events]));
        Assert.Equal(745 * 746 / 2, read.Of(Dimension.User, StoredTally.Other)[Counter.Events]);
    }

    [Fact]
    public void However_much_there_is_it_fits_what_a_store_takes()
    {
        var random = new Random(1);
        var tally = new Tally();
        foreach (var dimension in Dimensions.All)
        {
            for (var value = 0; value < 300; value++)
            {
                var cell = tally.Of(dimension, $"{value:000}{new string('x', 120)}");
                cell.Add(Counter.Events);
                for (var n = 0; n < 100; n++)
                    cell.Add(Distribution.Turn, random.Next());
            }
        }
        for (var life = 0; life < 2_000; life++)
            tally.Add($"{life:0000}{new string('x', 60)}", new Lifespan("conversation-standard", new string('y', 60), SomeEvents.Noon, SomeEvents.Noon, true));
        var stored = StoredTally.Of(tally, Dimensions.All);
        Assert.InRange(JsonSerializer.SerializeToUtf8Bytes(stored, Json.Options).Length, 1, 250 * 1024);
        foreach (var dimension in Dimensions.All)
            Assert.Equal(300, Read(stored).Cells.Where(cell => cell.Key.Dimension == dimension).Sum(cell => cell.Value[Counter.Events]));
    }

    private static Tally Read(StoredTally stored)
    {
        var tally = new Tally();
        stored.AddTo(tally, Dimensions.All);
        return tally;
    }
}
