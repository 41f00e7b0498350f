using System.Text;
using Agents.Inference.Providers.UseLite;
using Xunit;

namespace Agents.Inference.Tests.Embeddings;

/// <summary>Expected tokens were had from the tokenizer of <c>@energetic-ai/embeddings</c> 0.2.0.</summary>
public sealed class TokenizerTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("Hello", "341 4125")]
    [InlineData("How do I get a refund?", "728 64 16 81 11 137 5906 54")]
    [InlineData(" ", "30 30")]
    [InlineData("  a  ", "30 30 11 30 30")]
    [InlineData("Note: a) b :) :-) http://x", "4566 57 11 52 464 658 6600 290 255 152")]
    [InlineData("(:", "44 57")]
    [InlineData("日本語", "30 0")]
    [InlineData("日 本", "30 0 30 0")]
    [InlineData("각:", "30 0 57")]
    [InlineData("emoji 😀 test", "299 451 2501 30 0 748")]
    [InlineData("Ｈｅｌｌｏ", "341 4125")]
    [InlineData("cafe\u0301", "976 209 1133")]
    [InlineData("ﬁne ½ ™", "839 207 7935 288 259 224")]
    [InlineData("\u00a0x\u00a0", "30 649 30")]
    [InlineData("a\0b\nc", "11 0 151 0 131")]
    [InlineData("<s></s>", "4787 7 1431 5161 68 7 1431")]
    [InlineData("▁▁", "30 30 30")]
    public void Pieces_are_those_of_the_original(string text, string tokens) =>
        Assert.Equal(tokens, string.Join(' ', TestModel.Require().Tokenize(text)));

    [Fact]
    public void Half_a_character_is_an_unknown_one() => Assert.Equal([30, Tokenizer.Unknown], TestModel.Require().Tokenize("\ud83d"));

    [Theory]
    [InlineData("e\u0323\u0301", "ẹ\u0301")]
    [InlineData("e\u0301\u0323", "ẹ\u0301")]
    [InlineData("\u1e9b\u0323", "ṩ")]
    [InlineData("\u1100\u1161\u11a8", "각")]
    [InlineData("각", "각")]
    [InlineData("\u0344", "\u0308\u0301")]
    [InlineData("①㎏\u2460…", "1kg1...")]
    [InlineData("が", "が")]
    [InlineData("か\u3099", "が")]
    [InlineData("\u0301a", "\u0301a")]
    [InlineData("ﷺ", "صلى الله عليه وسلم")]
    public void Text_is_normalized_as_the_standard_says(string text, string normalized) =>
        Assert.Equal(normalized, string.Concat(Nfkc.Normalize(text).Select(point => new Rune(point).ToString())));

    [Fact(Timeout = 60_000)]
    public async Task Hostile_texts_take_no_longer_than_they_are()
    {
        var model = TestModel.Require();
        foreach (var part in new[] { "a", ":", "\u0301\u0323", "ﷺ", "e\u0301", "▁", "\0", "😀", "the " })
            await Task.Run(() => Assert.NotEmpty(model.Tokenize(string.Concat(Enumerable.Repeat(part, UseLiteProvider.MaxTextLength)))), TestContext.Current.CancellationToken);
    }
}
