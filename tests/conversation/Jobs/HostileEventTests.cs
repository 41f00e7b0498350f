using Agents.Testing;
using Agents.Torture.Jobs;
using Xunit;

namespace Agents.Conversation.Tests.Jobs;

/// <summary>A few trials of the long runs with events that are not what they say.</summary>
public sealed class HostileEventTests(ConversationStack stack)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Poison_dies_with_a_reason_lives_again_once_and_does_not_hold_up_the_good_ones()
    {
        var figures = new Figures();
        Assert.True(await new Poison(stack, figures.Say).RunAsync(10, Token), figures.ToString());
    }
}
