using Agents.Testing;
using Agents.Testing.Storms;
using Xunit;

namespace Agents.Conversation.Tests.Turns;

/// <summary>A short storm; <c>./test.sh torture turns</c> is the long one.</summary>
[Collection(ConversationStack.Apart)]
public sealed class StormTests
{
    [Fact]
    public async Task Twenty_kills_and_some_pauses_cost_no_turn_and_no_client_sees_two_answers_in_one()
    {
        var figures = new Figures();
        await using var stack = new StormStack();
        await stack.InitializeAsync();
        var storm = new TurnStorm(stack, new StormOptions(
            Seed: 40, Turns: 20, Kills: 20, Clients: 10, Words: 20, Pause: TimeSpan.FromMilliseconds(40), Calm: TimeSpan.FromSeconds(0.8)), figures.Say);

        var report = await storm.RunAsync(TestContext.Current.CancellationToken);

        Assert.True(report.Good && report.Unclear.Count == 0, $"{figures}{report}");
        Assert.True(report.Kills >= 20 && report.KillsOfHolders * 2 >= report.Kills, $"{figures}{report}");
    }
}
