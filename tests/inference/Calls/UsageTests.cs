using System.Text;
using Agents.Inference.Calls;
using Xunit;

namespace Agents.Inference.Tests.Calls;

public sealed class UsageTests
{
    [Fact]
    public void A_providers_count_is_taken_over() => Assert.Equal(
        new Usage(12, 34, 8, Estimated: false),
        Usage.From(Json("""{"prompt_tokens":12,"completion_tokens":34,"total_tokens":46,"prompt_tokens_details":{"cached_tokens":8}}""")));

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"prompt_tokens":12}""")]
    [InlineData("""{"prompt_tokens":-1,"completion_tokens":3}""")]
    [InlineData("""{"prompt_tokens":12,"completion_tokens":-3}""")]
    [InlineData("""{"prompt_tokens":0,"completion_tokens":3}""")]
    [InlineData("""{"prompt_tokens":1.5,"completion_tokens":3}""")]
    [InlineData("""{"prompt_tokens":"12","completion_tokens":3}""")]
    [InlineData("""{"prompt_tokens":12,"completion_tokens":99999999999}""")]
    [InlineData("""{"prompt_tokens":12,"completion_tokens":2000000000}""")]
    public void A_count_that_cannot_be_true_is_none(string usage) => Assert.Null(Usage.From(Json(usage)));

    [Fact]
    public void A_call_that_writes_nothing_needs_no_count_of_it() => Assert.Equal(
        new Usage(12, 0, 0, Estimated: false), Usage.From(Json("""{"prompt_tokens":12,"total_tokens":12}"""), generates: false));

    [Theory]
    [InlineData("""{"cached_tokens":-5}""", 0)]
    [InlineData("""{"cached_tokens":500}""", 12)]
    [InlineData("[]", 0)]
    public void Cached_tokens_stay_within_the_prompt(string details, int cached) => Assert.Equal(
        cached, Usage.From(Json($$"""{"prompt_tokens":12,"completion_tokens":1,"prompt_tokens_details":{{details}}}"""))!.Cached);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(4, 1)]
    [InlineData(5, 2)]
    [InlineData(long.MaxValue / 2, Usage.MaxTokens)]
    public void Four_bytes_are_a_token(long bytes, int tokens) => Assert.Equal(tokens, Usage.TokensIn(bytes));

    [Fact]
    public void The_caller_sees_the_providers_details_and_the_cost() => Assert.Equal(
        """{"prompt_tokens":12,"completion_tokens":34,"extra":{"a":1},"cost_micros":"77"}""",
        Text(new Usage(12, 34, 0, Estimated: false).ToJson(Json("""{"prompt_tokens":12,"completion_tokens":34,"extra":{"a":1}}"""), 77)));

    [Fact]
    public void An_estimate_is_marked_as_one() => Assert.Equal(
        """{"prompt_tokens":12,"completion_tokens":34,"total_tokens":46,"estimated":true,"cost_micros":"77"}""",
        Text(new Usage(12, 34, 0, Estimated: true).ToJson(Json("""{"prompt_tokens":-12}"""), 77)));

    private static ReadOnlyMemory<byte> Json(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(ReadOnlyMemory<byte> json) => Encoding.UTF8.GetString(json.Span);
}
