using Agents.Analytics.Figures;

namespace Agents.Analytics.Tests.Figures;

public sealed class SketchTests
{
    private static readonly double[] Quantiles = [0, 0.01, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1];

    public static TheoryData<int, string> Samples => new MatrixTheoryData<int, string>([1, 2, 3, 4, 5], ["uniform", "long tail", "two humps", "constant"]);

    [Fact]
    public void Without_values_there_is_no_quantile() => Assert.Null(new Sketch().Quantile(0.5));

    [Theory, MemberData(nameof(Samples))]
    public void A_quantile_is_at_most_one_percent_off(int seed, string shape)
    {
        var values = Values(seed, shape).Order().ToList();
        var sketch = Of(values);
        foreach (var q in Quantiles)
        {
            var exact = values[(int)Math.Floor(q * (values.Count - 1))];
            Assert.InRange(sketch.Quantile(q)!.Value, exact * (1 - Sketch.RelativeError) - 1e-9, exact * (1 + Sketch.RelativeError) + 1e-9);
        }
    }

    [Theory, MemberData(nameof(Samples))]
    public void Merged_parts_equal_the_whole_in_any_order(int seed, string shape)
    {
        var values = Values(seed, shape);
        var random = new Random(seed);
        var parts = values.GroupBy(_ => random.Next(7)).Select(part => Of(part)).ToArray();
        random.Shuffle(parts);
        var merged = new Sketch();
        foreach (var part in parts)
            merged.Merge(part);
        Assert.All(Quantiles, q => Assert.Equal(Of(values).Quantile(q), merged.Quantile(q)));
    }

    [Theory]
    [InlineData(0, 0), InlineData(-5, 0), InlineData(1, 1), InlineData(int.MaxValue, int.MaxValue)]
    public void The_ends_of_the_range_are_counted(int value, double expected) =>
        Assert.InRange(Of([value]).Quantile(0.5)!.Value, expected * 0.99, expected * 1.0101);

    private static Sketch Of(IEnumerable<int> values)
    {
        var sketch = new Sketch();
        foreach (var value in values)
            sketch.Add(value);
        return sketch;
    }

    private static List<int> Values(int seed, string shape)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, random.Next(1, 3_000)).Select(_ => shape switch
        {
            "uniform" => random.Next(10_000),
            "long tail" => (int)(50 / (1 - random.NextDouble() * 0.9999)),
            "two humps" => random.Next(2) == 0 ? random.Next(90, 110) : random.Next(9_000, 11_000),
            _ => 250,
        })];
    }
}
