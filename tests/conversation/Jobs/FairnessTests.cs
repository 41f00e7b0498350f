using Agents.Testing;
using Agents.Torture.Jobs;
using Xunit;

namespace Agents.Conversation.Tests.Jobs;

/// <summary>Fairness for real; the stated bound on a simulated clock is in <see cref="Lanes.LaneTests"/>.</summary>
public sealed class FairnessTests(ConversationStack stack)
{
    [Fact]
    public async Task A_crowd_of_one_tenant_does_not_hold_up_the_single_job_of_another()
    {
        var figures = new Figures();
        Assert.True(await Fairness.RunAsync(stack, 150, figures.Say, TestContext.Current.CancellationToken), figures.ToString());
    }
}
