using Agents.Retrieval.Lexical;

namespace Agents.Retrieval.Tests.Lexical;

public sealed class TokenizerTests
{
    [Theory]
    [InlineData("The Wing's lift, at 6.5 degrees!", new[] { "wing", "lift", "6", "5", "degre" })]
    [InlineData("Crème BRÛLÉE Ångström Ørsted Straße Œuvre Łódź", new[] { "creme", "brule", "angstrom", "orst", "strass", "oeuvr", "lodz" })]
    [InlineData("résumé re\u0301sume\u0301", new[] { "resum", "resum" })]
    [InlineData("ＷＩＤＥ ４２", new[] { "wide", "42" })]
    [InlineData("e-mail snake_case C#", new[] { "e", "mail", "snake", "case", "c" })]
    [InlineData("Ελλάδα Москва", new[] { "ελλάδα", "москва" })]
    [InlineData("", new string[0])]
    [InlineData("the of and", new string[0])]
    public void Folds_and_stems_words(string text, string[] terms) => Assert.Equal(terms, Tokenizer.Terms(text));

    [Theory]
    [InlineData("東京都庁", new[] { "東京", "京都", "都庁" })]
    [InlineData("駅 a1", new[] { "駅", "a1" })]
    [InlineData("read 東京。駅", new[] { "read", "東京", "駅" })]
    [InlineData("𠮷野家", new[] { "𠮷野", "野家" })]
    public void Pairs_the_characters_of_scripts_without_spaces(string text, string[] terms) => Assert.Equal(terms, Tokenizer.Terms(text));

    [Fact]
    public void A_word_is_found_under_either_of_its_spellings() => Assert.Equal(Tokenizer.Terms("Überweisungen naïve cafés"), Tokenizer.Terms("uberweisungen NAIVE cafe"));

    [Fact]
    public void Cuts_endless_words()
    {
        var terms = Tokenizer.Terms(new string('x', 1_000_000) + "\0" + new string('ß', 500_000));
        Assert.Equal(2, terms.Count);
        Assert.All(terms, term => Assert.Equal(Tokenizer.MaxTermLength, term.Length));
    }

    [Fact]
    public void Takes_broken_Unicode()
    {
        Assert.Equal(["on", "two"], Tokenizer.Terms("one\uD800two"));
        Assert.Equal(["x"], Tokenizer.Terms("\uDC00\0\uFFFF x \u0301"));
    }

    [Fact]
    public void Counts_terms()
    {
        var counts = Tokenizer.Count(Tokenizer.Terms("Connected connections connect"));
        Assert.Equal(3, Assert.Single(counts, pair => pair.Key == "connect").Value);
    }
}
