using Agents.Defaults.Api;
using Xunit;

namespace Agents.Defaults.Tests.Api;

public sealed class IdsTests
{
    [Fact]
    public void An_id_tells_when_it_was_made() => Assert.InRange(
        Ids.TimeOf(Ids.New("turn"))!.Value, TimeProvider.System.GetUtcNow().AddMinutes(-1), TimeProvider.System.GetUtcNow().AddMinutes(1));

    [Theory]
    [InlineData(""), InlineData("turn"), InlineData("turn_"), InlineData("turn_0199a4c1d2e34f60b1a2c3d4e5f60719"), InlineData("turn_zzzza4c1d2e37f60b1a2c3d4e5f60719")]
    [InlineData("turn_ffffffffffff7f60b1a2c3d4e5f60719")]
    public void Another_text_tells_nothing(string id) => Assert.Null(Ids.TimeOf(id));
}
