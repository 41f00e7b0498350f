using Agents.Defaults.Api;
using Xunit;

namespace Agents.Defaults.Tests.Api;

public sealed class ChecksTests
{
    [Theory]
    [InlineData(null, "required")]
    [InlineData("", "empty")]
    [InlineData("  \t", "empty")]
    [InlineData("12345678901", "11 characters")]
    [InlineData("a\0b", "NUL")]
    public void A_text_that_is_missing_empty_long_or_broken_is_refused_with_its_field_and_reason(string? value, string reason)
    {
        var problem = Checks.Text("title", value, 10);
        Assert.Equal("title", problem?.Field);
        Assert.Contains(reason, problem!.Detail, StringComparison.Ordinal);
    }

    // Not as cases of the theory: a lone surrogate does not survive the runner's own encoding.
    [Fact]
    public void Half_a_surrogate_pair_is_refused()
    {
        foreach (var broken in new[] { "a\ud800b", "\udc00", "a\ud83d" })
            Assert.Contains("Unicode", Checks.Text("title", broken, 10)!.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("1234567890")]
    [InlineData("😀 ü")]
    public void A_text_within_its_limits_is_fine(string value) => Assert.Null(Checks.Text("title", value, 10));

    [Fact]
    public void Lists_and_metadata_have_limits_on_count_and_items()
    {
        Assert.NotNull(Checks.Items("list", ["a", "b", "c"], 2, 10));
        Assert.NotNull(Checks.Items("list", ["a", null], 2, 10));
        Assert.Null(Checks.Items("list", ["a", "b"], 2, 10));
        Assert.NotNull(Checks.Metadata("metadata", Enumerable.Range(0, 17).ToDictionary(n => $"{n}", _ => "")));
        Assert.NotNull(Checks.Metadata("metadata", new Dictionary<string, string> { ["a"] = new('x', 513) }));
        Assert.Null(Checks.Metadata("metadata", new Dictionary<string, string> { ["a"] = "" }));
    }

    [Theory]
    [InlineData("sess_0123456789abcdef0123456789abcdef", true)]
    [InlineData("sess_0123456789ABCDEF0123456789abcdef", false)]
    [InlineData("sess_0123456789abcdef0123456789abcde", false)]
    [InlineData("sess-0123456789abcdef0123456789abcdef", false)]
    [InlineData("turn_0123456789abcdef0123456789abcdef", false)]
    [InlineData("sess_../../../../../../../../../../..", false)]
    [InlineData(null, false)]
    public void Only_ids_of_our_own_form_reach_a_store_key(string? id, bool valid) => Assert.Equal(valid, Ids.IsValid("sess", id));

    [Fact]
    public void New_ids_are_valid_unique_and_in_order_of_time()
    {
        var ids = Enumerable.Range(0, 100).Select(_ => Ids.New("sess")).ToList();
        Assert.All(ids, id => Assert.True(Ids.IsValid("sess", id)));
        Assert.Equal(100, ids.Distinct().Count());
    }
}
