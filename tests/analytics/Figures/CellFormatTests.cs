using Agents.Analytics.Figures;

namespace Agents.Analytics.Tests.Figures;

public sealed class CellFormatTests
{
    [Theory]
    [InlineData(1), InlineData(2), InlineData(3)]
    public void A_cell_reads_back_as_it_was_written(int seed)
    {
        var random = new Random(seed);
        var cell = new Cell();
        for (var n = 0; n < 20; n++)
            cell.Add((Counter)random.Next((int)Counter.Count), random.NextInt64(long.MaxValue / 20));
        for (var n = 0; n < 500; n++)
            cell.Add((Distribution)random.Next((int)Distribution.Count), random.Next(3) == 0 ? 0 : random.Next());
        var again = new Cell();
        CellFormat.Read(CellFormat.Write(cell), again);
        Assert.Equal(CellFormat.Write(cell), CellFormat.Write(again));
        for (var counter = (Counter)0; counter < Counter.Count; counter++)
            Assert.Equal(cell[counter], again[counter]);
        for (var distribution = (Distribution)0; distribution < Distribution.Count; distribution++)
            Assert.Equal(cell[distribution]!.Buckets, again[distribution]!.Buckets);
    }

    [Fact]
    public void Nothing_takes_no_space() => Assert.Equal("", CellFormat.Write(new Cell()));

    [Theory]
    [InlineData("gA"), InlineData("BA"), InlineData("YAE"), InlineData("?")]
    public void What_is_no_cell_is_refused(string text) => Assert.Throws<FormatException>(() => CellFormat.Read(text, new Cell()));
}
