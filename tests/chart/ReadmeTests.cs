namespace Agents.Chart.Tests;

/// <summary>The chart's README lists its values as they are. <c>AGENTS_RECORD_CHART_README=1</c> writes the table anew.</summary>
public sealed class ReadmeTests
{
    private const string Begin = "<!-- values -->\n";
    private const string End = "<!-- end of values -->";

    private static readonly string File = Path.Combine(Repository.Chart, "README.md");
    private static readonly ValuesTable Table = ValuesTable.Of(System.IO.File.ReadAllText(Path.Combine(Repository.Chart, "values.yaml")));

    [Fact]
    public void The_table_of_values_is_that_of_the_values()
    {
        var text = System.IO.File.ReadAllText(File);
        var (begin, end) = (text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, text.IndexOf(End, StringComparison.Ordinal));
        if (Environment.GetEnvironmentVariable("AGENTS_RECORD_CHART_README") == "1")
            System.IO.File.WriteAllText(File, text[..begin] + Table.Text + text[end..]);
        else
            Assert.Equal(Table.Text, text[begin..end]);
    }

    [Fact]
    public void Every_value_is_described() => Assert.Empty(Table.Undocumented);
}
