using Agents.Testing.FakeModels;
using OpenAI.Chat;
using Xunit;

namespace Agents.Inference.Tests.Completions;

/// <summary>OpenAI's own .NET client, unchanged, at the front door.</summary>
public sealed class OfficialClientTests(InferenceStack stack)
{
    private static readonly ChatMessage[] Question = [new SystemChatMessage("Be brief."), new UserChatMessage("How are you?")];

    [Fact]
    public async Task A_whole_answer_arrives_with_its_usage()
    {
        var model = stack.Models.NewModel(Reply.Text("Fine, ", "thank you."));
        var answer = (await stack.Chat(model).CompleteChatAsync(Question, cancellationToken: TestContext.Current.CancellationToken)).Value;

        Assert.Equal("Fine, thank you.", Assert.Single(answer.Content).Text);
        Assert.Equal(ChatFinishReason.Stop, answer.FinishReason);
        Assert.Equal($"{model}-2026-01-01", answer.Model);
        Assert.Equal((Reply.PromptTokens, Reply.CompletionTokens), (answer.Usage.InputTokenCount, answer.Usage.OutputTokenCount));
    }

    [Fact]
    public async Task A_streamed_answer_arrives_token_by_token()
    {
        var token = TestContext.Current.CancellationToken;
        var gate = new Gate();
        var model = stack.Models.NewModel(Reply.Stream().Text("Fine, ").Wait(gate).Text("thank you.").Finish().Usage(7, 3).Done());
        var text = new List<string>();
        ChatTokenUsage? usage = null;
        await foreach (var update in stack.Chat(model).CompleteChatStreamingAsync(Question, cancellationToken: token))
        {
            text.AddRange(update.ContentUpdate.Select(part => part.Text));
            usage = update.Usage ?? usage;
            // The rest is sent only now that its beginning has arrived.
            gate.Open();
        }
        Assert.Equal(["Fine, ", "thank you."], text.Where(piece => piece.Length > 0));
        Assert.Equal((7, 3), (usage?.InputTokenCount, usage?.OutputTokenCount));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_tool_call_passes_through(bool stream)
    {
        var token = TestContext.Current.CancellationToken;
        var model = stack.Models.NewModel(Reply.ToolCall("weather", """{"city":"Basel"}"""));
        var options = new ChatCompletionOptions
        {
            Tools = { ChatTool.CreateFunctionTool("weather", "The weather of a city.", BinaryData.FromString("""{"type":"object","properties":{"city":{"type":"string"}}}""")) },
        };
        if (stream)
        {
            var updates = await stack.Chat(model).CompleteChatStreamingAsync(Question, options, token).ToListAsync(token);
            var call = Assert.Single(updates.SelectMany(update => update.ToolCallUpdates));
            Assert.Equal(("weather", """{"city":"Basel"}"""), (call.FunctionName, call.FunctionArgumentsUpdate.ToString()));
            Assert.Contains(updates, update => update.FinishReason == ChatFinishReason.ToolCalls);
        }
        else
        {
            var answer = (await stack.Chat(model).CompleteChatAsync(Question, options, token)).Value;
            var call = Assert.Single(answer.ToolCalls);
            Assert.Equal(("weather", """{"city":"Basel"}"""), (call.FunctionName, call.FunctionArguments.ToString()));
        }
        var sent = Assert.Single(stack.Models.Requests(model)).Body;
        Assert.Equal("weather", sent["tools"]![0]!["function"]!["name"]!.GetValue<string>());
    }

    [Fact]
    public async Task The_extractor_quotes_its_passages_and_needs_no_provider()
    {
        var token = TestContext.Current.CancellationToken;
        ChatMessage[] messages =
        [
            new SystemChatMessage("Answer from the passages.\n\nPassages:\n[1] Shop: We open at nine.\n[2] Refunds: A refund is paid within five days."),
            new UserChatMessage("When is a refund paid?"),
        ];
        const string Expected = "A refund is paid within five days. [2]";
        var whole = (await stack.Chat("default").CompleteChatAsync(messages, cancellationToken: token)).Value;
        Assert.Equal(Expected, Assert.Single(whole.Content).Text);
        Assert.Equal("extractive", whole.Model);

        var pieces = await stack.Chat("extractive").CompleteChatStreamingAsync(messages, cancellationToken: token)
            .SelectMany(update => update.ContentUpdate.Select(part => part.Text)).Where(piece => piece.Length > 0).ToListAsync(token);
        Assert.Equal(Expected, string.Concat(pieces));
        Assert.Equal(Expected.Split(' ').Length, pieces.Count);
    }

    [Fact]
    public async Task A_refusal_is_an_error_the_client_understands()
    {
        var failure = await Assert.ThrowsAsync<System.ClientModel.ClientResultException>(
            () => stack.Chat("no-such-model").CompleteChatAsync(Question, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(404, failure.Status);
        Assert.Contains("model_not_found", failure.Message, StringComparison.Ordinal);
    }
}
