using System.Diagnostics;
using Agents.Retrieval.Extraction;

namespace Agents.Retrieval.Tests.Extraction;

public sealed class TextExtractorTests
{
    [Fact]
    public void Plain_text_has_a_paragraph_per_blank_line() => Assert.Equal(
        [new Block(0, "One line, another."), new Block(0, "Next.")], TextExtractor.Extract("text/plain", "One line,\r\n  another.\r\n \t\r\n\nNext.\n"));

    [Fact]
    public void Markdown_gives_headings_paragraphs_items_and_code() => Assert.Equal(
        [
            new Block(1, "Delivery of goods"), new Block(0, "It takes three days, see the list."), new Block(2, "Set by line"), new Block(0, "first item"),
            new Block(0, "second snake_case item * 2"), new Block(0, "quoted text"), new Block(0, "code **kept**"),
        ],
        TextExtractor.Extract(
            "text/markdown",
            """
            # Delivery of *goods*

            It takes **three** days,
            see the [list](https://example.org/list "title").

            Set by line
            -----------

            - first `item`
            - second _snake_case_ item \* 2

            > quoted text

            ```
            code **kept**
            ```

            [reference]: https://example.org
            """));

    [Fact]
    public void Html_gives_headings_and_blocks_without_scripts() => Assert.Equal(
        [
            new Block(1, "Delivery & returns"), new Block(0, "It takes three days. Really."), new Block(0, "one"), new Block(0, "two"), new Block(0, "Day Hours"),
            new Block(0, "after"),
        ],
        TextExtractor.Extract(
            "text/html",
            """
            <!doctype html><html><head><title>Not text</title><style>p { color: red }</style></head>
            <body><h1>Delivery &amp;<br>returns</h1><p>It <b>takes</b> three&nbsp;days.<script>if (a < b) document.write("<p>no</p>")</script> Really.</p>
            <ul><li>one<li>two</ul><!-- no --><table><tr><td>Day</td><td>Hours</td></tr></table><textarea><p>no</textarea>after</body></html>
            """));

    [Fact]
    public void Html_within_markdown_is_read_as_html() => Assert.Equal(
        [new Block(2, "Inside"), new Block(0, "text")], TextExtractor.Extract("text/markdown", "<div>\n<h2>Inside</h2>\n<p>text</p>\n</div>\n"));

    [Theory]
    [InlineData("text/plain")]
    [InlineData("text/markdown")]
    [InlineData("text/html")]
    public void Nothing_gives_nothing(string contentType) => Assert.Empty(TextExtractor.Extract(contentType, " \n\t\n"));

    public static TheoryData<string, string> Hostile => new(
        from contentType in TextExtractor.ContentTypes
        from kind in Kinds.Keys
        select (contentType, kind));

    private static readonly Dictionary<string, Func<string>> Kinds = new()
    {
        ["nested elements"] = () => Repeat("<div>", 1_000_000),
        ["crossing elements"] = () => Repeat("<b><p>", 1_000_000),
        ["one tag with endless attributes"] = () => "<a " + Repeat("a=b ", 1_000_000),
        ["open comments"] = () => Repeat("<!--", 1_000_000),
        ["angle brackets"] = () => new string('<', 1_000_000),
        ["an endless line"] = () => new string('x', 4_000_000),
        ["an endless line of words"] = () => Repeat("word ", 4_000_000),
        ["nested quotes"] = () => new string('>', 1_000_000),
        ["open brackets"] = () => new string('[', 1_000_000),
        ["open links"] = () => Repeat("[a](", 1_000_000),
        ["emphasis"] = () => Repeat("**a *b_ ", 1_000_000),
        ["reference definitions"] = () => Repeat("[a]: b\n", 1_000_000),
        ["unfinished definitions"] = () => Repeat("[a]:\n", 1_000_000),
        ["set headings"] = () => Repeat("word\n---\n", 1_000_000),
        ["list items"] = () => Repeat("- a\n", 1_000_000),
        ["deeper and deeper lists"] = () => string.Concat(Enumerable.Range(0, 1_400).Select(i => new string(' ', i) + "- a\n")),
        ["NULs"] = () => new string('\0', 1_000_000) + "a",
        ["lone surrogates"] = () => Repeat("a\uD800 \uDC00", 1_000_000),
        ["entities"] = () => Repeat("&#x1F600;&amp;&bogus;", 1_000_000),
    };

    /// <summary>A reader that needs time by the square, or a stack by the depth, fails here by minutes or by the process.</summary>
    [Theory]
    [MemberData(nameof(Hostile))]
    public void Hostile_input_takes_a_few_seconds_at_most(string contentType, string kind)
    {
        var text = Kinds[kind]();
        var started = Stopwatch.GetTimestamp();
        var blocks = TextExtractor.Extract(contentType, text);
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(20));
        Assert.True(blocks.Sum(block => (long)block.Text.Length) <= 2L * text.Length);
    }

    private static string Repeat(string text, int length) => string.Concat(Enumerable.Repeat(text, length / text.Length));
}
