using Agents.Local.Cli;
using Xunit;

namespace Agents.Local.Tests.Cli;

public sealed class ProgressBarTests : IDisposable
{
    private readonly StringWriter _text = new() { NewLine = "\n" };

    public void Dispose() => _text.Dispose();

    [Fact]
    public void Elsewhere_than_on_a_terminal_it_writes_plain_lines()
    {
        var bar = new ProgressBar(_text, interactive: false);
        for (var done = 0; done <= 4; done++)
            bar.Show("Indexing", done, 4);
        bar.Say("note");
        bar.End();
        Assert.Equal("Indexing: 0 of 4\nIndexing: 4 of 4\nnote\n", _text.ToString());
    }

    [Fact]
    public void On_a_terminal_it_redraws_one_line_and_lets_others_speak_between()
    {
        var bar = new ProgressBar(_text, interactive: true);
        bar.Show("Indexing", 0, 2);
        bar.Show("Indexing", 1, 2);
        bar.Say("note");
        bar.Show("Indexing", 2, 2);
        bar.End();
        Assert.Equal(
            "\rIndexing [........................] 0/2 \rIndexing [############............] 1/2 \nnote\n\rIndexing [########################] 2/2 \n",
            _text.ToString());
    }

    [Fact]
    public void Nothing_to_do_is_done()
    {
        new ProgressBar(_text, interactive: true).Show("Indexing", 0, 0);
        Assert.Equal("\rIndexing [########################] 0/0 ", _text.ToString());
    }
}
