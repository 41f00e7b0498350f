using Agents.Inference.Providers.Extractive;
using Xunit;

namespace Agents.Inference.Tests.Extractive;

public sealed class SentenceTests
{
    [Theory]
    [InlineData("One. Two! Three? Four", "One.|Two!|Three?|Four")]
    [InlineData("Use a card, e.g. Visa, or i.e. Cash. Then go.", "Use a card, e.g. Visa, or i.e. Cash.|Then go.")]
    [InlineData("Dr. Smith and J. Doe agree. See No. 5 and Fig. 3. He said no. Then he left.", "Dr. Smith and J. Doe agree.|See No. 5 and Fig. 3.|He said no.|Then he left.")]
    [InlineData("It costs 3.50 a month. Version 2.1.4 is out.", "It costs 3.50 a month.|Version 2.1.4 is out.")]
    [InlineData("1. Open the lid. 2. Close it.", "1. Open the lid.|2. Close it.")]
    [InlineData("It was built in 1999. Then it fell.", "It was built in 1999.|Then it fell.")]
    [InlineData("He said \"Stop.\" Then he left (at noon.) And came back.", "He said \"Stop.\"|Then he left (at noon.)|And came back.")]
    [InlineData("Really?! Yes… maybe. Wait... what", "Really?!|Yes… maybe.|Wait... what")]
    [InlineData("使用信用卡付款。退款需要五天！好吗？", "使用信用卡付款。|退款需要五天！|好吗？")]
    [InlineData("Visit example.com for more. It helps.", "Visit example.com for more.|It helps.")]
    [InlineData("", "")]
    [InlineData("...", "...")]
    public void Prose_is_cut_where_a_reader_would(string prose, string expected) => Assert.Equal(expected, string.Join('|', Sentences.Split(prose)));

    [Fact]
    public void Markdown_gives_its_statements_under_their_headings()
    {
        const string Text = """
            # Refunds

            Customers may return **every** item within `30` days.
            A refund is paid by [card](https://example.org "Pay") ![logo](logo.png)within five days.

            | Item | Days |
            |------|------|
            | Shoe | 30   |

            ```sh
            refund --all. Now.
            ```

            Shipping
            --------
            > - We ship on *working* days only
            > - Parcels are insured.

            How long does it take?
            Two days at most [12].
            """;
        Assert.Equal(
            [
                new Statement("Customers may return every item within 30 days.", "Refunds"),
                new Statement("A refund is paid by card within five days.", "Refunds"),
                new Statement("We ship on working days only", "Shipping"),
                new Statement("Parcels are insured.", "Shipping"),
                new Statement("Two days at most .", "How long does it take?"),
            ],
            MarkdownText.Statements(Text).Select(statement => statement with { Heading = statement.Heading.Replace("# ", "", StringComparison.Ordinal) }));
    }

    [Fact]
    public void A_pilcrow_stands_for_a_line_break() => Assert.Equal(
        [new Statement("Keys are rotated monthly.", "Security"), new Statement("Ask the operator first.", "Security")],
        MarkdownText.Statements("## Security ¶ Keys are rotated monthly. ¶ - Ask the operator first. ¶ | a | b | ¶ ```let x = 1;```"));

    [Fact]
    public void Endless_input_is_read_in_reasonable_time()
    {
        foreach (var text in new[] { new string('[', 20_000), new string('*', 20_000), new string('.', 20_000), string.Concat(Enumerable.Repeat("![", 10_000)), new string('`', 20_000), string.Concat(Enumerable.Repeat("a. ", 6_000)) })
        {
            var started = System.Diagnostics.Stopwatch.GetTimestamp();
            _ = MarkdownText.Statements(text).Count();
            Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(5), text[..10]);
        }
    }
}
