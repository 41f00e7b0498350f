using System.Text.Json.Nodes;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Xunit;

namespace Agents.Conversation.Tests.Memory;

public sealed class MemoryTests(ConversationStack stack)
{
    private const int WindowTokens = 400;
    private const int Turns = 30;

    [Fact]
    public async Task A_long_dialogue_costs_no_more_per_turn_and_what_was_said_long_ago_is_found_by_its_meaning()
    {
        var token = TestContext.Current.CancellationToken;
        var model = stack.Models.NewModel(Reply.Text("A careful answer of ordinary length, such as it comes from any model that likes to explain itself a little."));
        var agent = (await stack.Operator.CreateAsync(
            "/v1/agents",
            new { name = "remembering", instructions = "Answer.", model, collections = Array.Empty<string>(), memory = new { window_tokens = WindowTokens, summary = false, recall = 1 } },
            token)).Text("id");
        var session = (await stack.Operator.CreateAsync("/v1/sessions", new { agent }, token)).Text("id");
        await AskAsync("I am allergic to peanuts.");
        for (var turn = 2; turn <= Turns; turn++)
            await AskAsync($"Number {turn} on my list: the committee of the {turn}th district wants another report about parking lots by the end of the week.");

        var asked = await AskAsync("Which food makes me sick?");
        var prompt = Prompt();

        Assert.True(prompt.Length / 4 < WindowTokens * 3 / 2, $"a prompt of {prompt.Length} characters");
        var saved = asked["memory"].Number("tokens_saved");
        Assert.InRange(saved, 1_000, 100_000);
        Assert.Equal(saved, (await stack.Operator.GetAsync($"/v1/sessions/{session}/turns/{asked.Text("id")}", token))["memory"].Number("tokens_saved"));
        if ((await stack.Operator.GetAsync("/v1/models", token)).List("data").Any(offered => offered.Text("id") == "embed-use-lite"))
            Assert.Contains("- User: I am allergic to peanuts.", prompt, StringComparison.Ordinal);

        // The session takes with it what was made of it.
        (await stack.Operator.Http.DeleteAsync($"/v1/sessions/{session}", token)).EnsureSuccessStatusCode();

        async Task<JsonNode> AskAsync(string input)
        {
            var turn = await stack.Operator.CreateAsync($"/v1/sessions/{session}/turns", new { input }, token);
            Assert.True(Prompt().Length / 4 < WindowTokens * 2, "the window was not folded in time");
            return turn;
        }

        string Prompt() => string.Join('\n', stack.Models.Requests(model)[^1].Body["messages"]!.AsArray().Select(message => message.Text("content")));
    }

    [Fact]
    public async Task A_model_that_sums_up_gives_the_summary_of_the_next_prompts()
    {
        var token = TestContext.Current.CancellationToken;
        var summaries = stack.Models.NewModel(Reply.Text("The user counts parking lots."));
        var model = stack.Models.NewModel(Reply.Text(new string('a', 400)));
        var agent = (await stack.Operator.CreateAsync(
            "/v1/agents",
            new { name = "summing up", instructions = "Answer.", model, collections = Array.Empty<string>(), memory = new { window_tokens = 200, summary_model = summaries, recall = 0 } },
            token)).Text("id");
        var session = (await stack.Operator.CreateAsync("/v1/sessions", new { agent }, token)).Text("id");

        await Eventually.TrueAsync(
            async () =>
            {
                await stack.Operator.CreateAsync($"/v1/sessions/{session}/turns", new { input = "How many more?" }, token);
                return stack.Models.Requests(model)[^1].Body["messages"]![1].Text("content") == "Earlier in this conversation, in short:\nThe user counts parking lots.";
            },
            "the summary is in the prompt", token);

        Assert.Contains("How many more?", stack.Models.Requests(summaries)[0].Body["messages"]![1].Text("content"), StringComparison.Ordinal);
    }
}
