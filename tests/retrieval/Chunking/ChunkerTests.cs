using System.Text;
using Agents.Retrieval.Chunking;
using Agents.Retrieval.Extraction;

namespace Agents.Retrieval.Tests.Chunking;

public sealed class ChunkerTests
{
    [Fact]
    public void A_short_text_is_one_passage()
    {
        var chunk = Assert.Single(Split(new Block(0, "The office opens at nine. It closes at six.")));
        Assert.Equal(new Chunk(1, "", "The office opens at nine. It closes at six."), chunk);
    }

    [Fact]
    public void A_heading_leads_its_passages_and_outer_headings_are_context()
    {
        var chunks = Split(
            new Block(1, "Orders"), new Block(2, "Delivery"), new Block(0, "It takes three days."), new Block(2, "May I send goods back?"),
            new Block(0, "Within 30 days."), new Block(1, "Contact"), new Block(0, "Call us."));
        Assert.Equal(["Delivery: It takes three days.", "May I send goods back? Within 30 days.", "Contact: Call us."], chunks.Select(chunk => chunk.Text));
        Assert.Equal(["Orders › Delivery", "Orders › May I send goods back?", "Contact"], chunks.Select(chunk => chunk.Headings));
        Assert.Equal([1, 2, 3], chunks.Select(chunk => chunk.Ordinal));
    }

    [Fact]
    public void A_heading_that_repeats_the_title_does_not_lead() => Assert.Equal("Call us.", Assert.Single(Split(new Block(1, "TITLE"), new Block(0, "Call us."))).Text);

    [Fact]
    public void A_heading_with_nothing_under_it_is_text() =>
        Assert.Equal(["First", "Second"], Split(new Block(1, "First"), new Block(1, "Second")).Select(chunk => chunk.Text));

    [Fact]
    public void Long_text_is_cut_between_sentences_and_the_last_one_is_said_again()
    {
        var sentences = Enumerable.Range(1, 60).Select(i => $"This is sentence number {i} of a long section.").ToList();
        var chunks = Split(new Block(0, string.Join(' ', sentences)));
        Assert.True(chunks.Count > 2);
        Assert.All(chunks, chunk => Assert.InRange(Encoding.UTF8.GetByteCount(chunk.Text), 400, 900));
        Assert.All(chunks, chunk => Assert.EndsWith("section.", chunk.Text, StringComparison.Ordinal));
        foreach (var (before, after) in chunks.Zip(chunks.Skip(1)))
            Assert.Equal(before.Text[(before.Text.LastIndexOf("This", StringComparison.Ordinal))..], after.Text[..(after.Text.IndexOf('.', StringComparison.Ordinal) + 1)]);
        Assert.All(sentences, sentence => Assert.Contains(chunks, chunk => chunk.Text.Contains(sentence, StringComparison.Ordinal)));
    }

    [Fact]
    public void Paragraphs_stay_apart() => Assert.Equal("One.\nTwo.", Assert.Single(Split(new Block(0, "One."), new Block(0, "Two."))).Text);

    [Theory]
    [InlineData(800_000, 'x')]
    [InlineData(400_000, '語')]
    public void Text_without_a_sentence_is_cut_all_the_same(int length, char character)
    {
        var chunks = Split(new Block(0, new string(character, length)));
        Assert.All(chunks, chunk => Assert.InRange(chunk.Text.Length, 1, 1_200));
        Assert.Equal(length, chunks.Sum(chunk => chunk.Text.Length));
    }

    [Fact]
    public void No_cut_goes_through_a_character()
    {
        var chunks = Split(new Block(1, string.Concat(Enumerable.Repeat("😀", 300))), new Block(0, "x" + string.Concat(Enumerable.Repeat("😀", 5_000))));
        Assert.All(chunks, chunk => Assert.DoesNotContain('\uFFFD', Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(chunk.Text))));
    }

    [Theory]
    [InlineData("Dr. J. Smith came. He left at 6.5 p.m. today! \"Why?\" Nobody knows", new[] { "Dr.", "J. Smith came.", "He left at 6.5 p.m. today!", "\"Why?\"", "Nobody knows" })]
    [InlineData("見る。聞く。", new[] { "見る。", "聞く。" })]
    [InlineData("...", new[] { "..." })]
    [InlineData("  ", new string[0])]
    public void Parts_sentences(string text, string[] sentences) => Assert.Equal(sentences, Sentences.Split(text, 800));

    [Fact]
    public void Takes_any_blocks()
    {
        var random = new Random(11);
        for (var round = 0; round < 300; round++)
        {
            var blocks = Enumerable.Range(0, random.Next(0, 20))
                .Select(_ => new Block(random.Next(3) == 0 ? random.Next(1, 7) : 0, Text(random))).ToArray();
            var chunks = Split(blocks);
            Assert.Equal(Enumerable.Range(1, chunks.Count), chunks.Select(chunk => chunk.Ordinal));
            Assert.All(chunks, chunk => Assert.False(string.IsNullOrWhiteSpace(chunk.Text)));
        }
    }

    private static string Text(Random random)
    {
        const string Alphabet = "ab AB.!?。 \"'…\uD83D\uDE00\uD800xyz ";
        return "x" + new string([.. Enumerable.Range(0, random.Next(0, 3_000)).Select(_ => Alphabet[random.Next(Alphabet.Length)])]);
    }

    private static IReadOnlyList<Chunk> Split(params Block[] blocks) => Chunker.Split("Title", blocks);
}
