using System.Diagnostics;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Xunit;

namespace Agents.Conversation.Tests.Sessions;

[Collection(ConversationStack.Apart)]
public sealed class IdleSessionTests(ConversationStack stack)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_session_in_which_nothing_happens_ends_as_abandoned_and_an_active_one_goes_on()
    {
        var token = TestContext.Current.CancellationToken;
        const int idle = 6;
        var agent = await stack.NewAgentAsync(stack.Models.NewModel(Reply.Text("Yes.")), token);
        async Task<string> OpenAsync() => (await stack.Operator.CreateAsync("/v1/sessions", new { agent, input = "Are you there?", idle_timeout_seconds = idle }, token)).Text("id");
        async Task<string?> OutcomeAsync(string session) => (await stack.Operator.GetAsync($"/v1/sessions/{session}", token))["outcome"]?.GetValue<string>();
        var (left, used) = (await OpenAsync(), await OpenAsync());
        var (lastUsed, longest) = (Stopwatch.GetTimestamp(), TimeSpan.Zero);

        await Eventually.TrueAsync(
            async () =>
            {
                await stack.Operator.TryAsync(HttpMethod.Post, $"/v1/sessions/{used}/turns", new { input = "And now?" }, token);
                var pause = Stopwatch.GetElapsedTime(lastUsed);
                (lastUsed, longest) = (Stopwatch.GetTimestamp(), pause > longest ? pause : longest);
                return await OutcomeAsync(left) is not null;
            },
            "the session that nobody uses has ended", token, Patience);

        Assert.Equal("abandoned", await OutcomeAsync(left));
        Assert.SkipWhen(longest.TotalSeconds > idle, $"the machine stood still for {longest.TotalSeconds:0.0} s, so that nobody used the other session");
        Assert.Null(await OutcomeAsync(used));
        await Eventually.TrueAsync(async () => await OutcomeAsync(used) == "abandoned", "the other one has ended when it is used no more", token, Patience);
    }
}
