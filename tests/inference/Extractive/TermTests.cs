using Agents.Inference.Providers.Extractive;
using Xunit;

namespace Agents.Inference.Tests.Extractive;

public sealed class TermTests
{
    [Theory]
    [InlineData("refunds", "refund")]
    [InlineData("refunded", "refunding")]
    [InlineData("policies", "policy")]
    [InlineData("installation", "installing")]
    [InlineData("authenticate", "Authentication")]
    [InlineData("configuring", "configuration")]
    [InlineData("prices", "pricing")]
    [InlineData("days", "day")]
    [InlineData("accesses", "access")]
    [InlineData("stopped", "stops")]
    public void Forms_of_a_word_are_the_same_term(string one, string other) => Assert.Equal(Terms.Of(one), Terms.Of(other));

    [Theory]
    [InlineData("internet", "interval")]
    [InlineData("nation", "nature")]
    [InlineData("user", "house")]
    [InlineData("2025", "2026")]
    public void Different_words_are_different_terms(string one, string other) => Assert.NotEqual(Terms.Of(one), Terms.Of(other));

    [Fact]
    public void Stop_words_and_punctuation_are_no_terms() => Assert.Empty(Terms.Of("What is it, and how do I get there?! -- ..."));

    [Fact]
    public void Text_without_spaces_becomes_pairs_of_characters() => Assert.Equal(["退款", "款政", "政策", "refund"], Terms.Of("退款政策refund"));
}
