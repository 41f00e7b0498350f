using Agents.Inference.Calls;
using Xunit;

namespace Agents.Inference.Tests.Calls;

public sealed class PriceTests
{
    [Theory]
    [InlineData(0, 0, 2_500_000, 10_000_000, 0)]
    [InlineData(1_000, 200, 2_500_000, 10_000_000, 4_500)]
    [InlineData(1, 0, 500_000, 0, 1)] // half a micro-unit goes up
    [InlineData(1, 0, 499_999, 0, 0)]
    [InlineData(1, 1, 250_000, 250_000, 1)] // rounded once, over the sum
    [InlineData(3, 0, 1, 0, 0)]
    [InlineData(Usage.MaxTokens, Usage.MaxTokens, 1_000_000_000, 1_000_000_000, 8_000_000_000)]
    public void A_call_costs_its_tokens_rounded_half_up_once(int input, int output, long inputPrice, long outputPrice, long cost) =>
        Assert.Equal(cost, new Price(inputPrice, outputPrice).Of(new Usage(input, output, 0, Estimated: false)));
}
