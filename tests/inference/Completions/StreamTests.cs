using System.Text.Json.Nodes;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Xunit;

namespace Agents.Inference.Tests.Completions;

/// <summary>Streams as they are on the wire.</summary>
public sealed class StreamTests(InferenceStack stack)
{
    [Fact]
    public async Task Usage_is_asked_of_the_provider_and_hidden_from_a_caller_who_did_not_ask()
    {
        var model = stack.Models.NewModel(Reply.Text("Fine."));
        var frames = await stack.StreamAsync(model, TestContext.Current.CancellationToken);

        Assert.True(Assert.Single(stack.Models.Requests(model)).Body["stream_options"]!["include_usage"]!.GetValue<bool>());
        Assert.Equal("[DONE]", frames[^1]);
        Assert.All(frames[..^1], frame => Assert.False(Json(frame).AsObject().ContainsKey("usage")));
        Assert.All(frames[..^1], frame => Assert.Single(Json(frame).List("choices")));
    }

    [Fact]
    public async Task Usage_comes_once_at_the_end_with_its_cost_to_a_caller_who_asked()
    {
        var frames = await stack.StreamAsync(stack.Models.NewModel(Reply.Text("Fine.")), TestContext.Current.CancellationToken, includeUsage: true);

        Assert.All(frames[..^2], frame => Assert.Null(Json(frame)["usage"]));
        var last = Json(frames[^2]);
        Assert.Empty(last.List("choices"));
        Assert.Equal((Reply.PromptTokens, Reply.CompletionTokens), (last["usage"].Number("prompt_tokens"), last["usage"].Number("completion_tokens")));
        // 1,000 x $2.50 + 200 x $10 a million.
        Assert.Equal("4500", last["usage"].Text("cost_micros"));
        Assert.Equal("[DONE]", frames[^1]);
    }

    [Fact]
    public async Task Usage_that_comes_with_the_last_text_is_no_reason_to_lose_the_text()
    {
        var model = stack.Models.NewModel(Reply.Stream()
            .Raw("""data: {"model":"m","choices":[{"index":0,"delta":{"content":"All."},"finish_reason":"stop"}],"usage":{"prompt_tokens":4,"completion_tokens":1}}""" + "\n\n").Done());
        var frames = await stack.StreamAsync(model, TestContext.Current.CancellationToken, includeUsage: true);
        Assert.Equal("All.", Json(frames[0])["choices"]![0]!["delta"].Text("content"));
        Assert.Equal(4, Json(frames[1])["usage"].Number("prompt_tokens"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("""{"prompt_tokens":-5,"completion_tokens":1}""")]
    [InlineData("""{"prompt_tokens":1,"completion_tokens":999999999}""")]
    public async Task Wrong_usage_is_estimated_and_marked(string? usage)
    {
        var script = Reply.Stream().Text("Twelve bytes").Finish();
        if (usage is not null)
            script.Raw($$"""data: {"choices":[],"usage":{{usage}}}""" + "\n\n");
        var frames = await stack.StreamAsync(stack.Models.NewModel(script.Done()), TestContext.Current.CancellationToken, includeUsage: true);
        // "Say something." has 14 bytes, "Twelve bytes" has 12: 4 x $2.50 + 3 x $10 a million.
        Assert.Equal(
            """{"prompt_tokens":4,"completion_tokens":3,"total_tokens":7,"estimated":true,"cost_micros":"40"}""", Json(frames[^2])["usage"]!.ToJsonString());
    }

    [Fact]
    public async Task A_stream_that_breaks_off_ends_with_an_error_and_without_DONE()
    {
        var token = TestContext.Current.CancellationToken;
        var arrived = new Gate();
        var model = stack.Models.NewModel(Reply.Stream().Text("Half an").Wait(arrived).Cut());
        using var response = await stack.PostAsync(InferenceStack.Question(model, stream: true, includeUsage: false), token);
        var frames = new List<string>();
        await foreach (var frame in InferenceStack.FramesAsync(response, token))
        {
            frames.Add(frame);
            arrived.Open();
        }
        Assert.Equal(2, frames.Count);
        Assert.Equal("Half an", Json(frames[0])["choices"]![0]!["delta"].Text("content"));
        Assert.Equal("provider_unreachable", ErrorCode(frames[^1]));
        Assert.Single(stack.Models.Requests(model));
    }

    [Fact]
    public async Task A_stream_that_ends_too_soon_is_told_from_a_complete_one()
    {
        var token = TestContext.Current.CancellationToken;
        var half = await stack.StreamAsync(stack.Models.NewModel(Reply.Stream().Text("Half an")), token);
        Assert.Equal("provider_cut", ErrorCode(half[^1]));
        var whole = await stack.StreamAsync(stack.Models.NewModel(Reply.Stream().Text("Whole.").Finish()), token);
        Assert.Equal("[DONE]", whole[^1]);
    }

    [Theory]
    [InlineData("data: {\"choices\":[{\n\n", "provider_bad_answer")]
    [InlineData("data: <html>\n\n", "provider_bad_answer")]
    [InlineData("data: {\"choices\":[],\"x\":\"\\ud800\"}\n\n", "provider_bad_answer")]
    [InlineData("data: {\"error\":{\"message\":\"secret details\"}}\n\n", "provider_failed")]
    public async Task A_broken_chunk_ends_the_stream_with_an_error(string chunk, string code)
    {
        var frames = await stack.StreamAsync(stack.Models.NewModel(Reply.Stream().Text("So far").Raw(chunk).Done()), TestContext.Current.CancellationToken);
        Assert.Equal(2, frames.Count);
        Assert.Equal(code, ErrorCode(frames[^1]));
        Assert.DoesNotContain("secret", frames[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_endless_stream_is_ended_by_the_limit_on_its_length()
    {
        stack.Models.Script(InferenceStack.ShortModel, Reply.Stream().Endless("and on "));
        var frames = await stack.StreamAsync(InferenceStack.ShortModel, TestContext.Current.CancellationToken);
        Assert.Equal("provider_answer_too_large", ErrorCode(frames[^1]));
        await stack.Models.Requests(InferenceStack.ShortModel)[^1].Aborted.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_caller_who_leaves_ends_the_providers_work_and_is_counted_once()
    {
        var token = TestContext.Current.CancellationToken;
        var model = stack.Models.NewModel(Reply.Stream().Text("First").Wait(new Gate()));
        var client = await stack.NewTenantAsync(token);
        using (var response = await stack.PostAsync(InferenceStack.Question(model, stream: true, includeUsage: false), token, client))
        {
            await using var frames = InferenceStack.FramesAsync(response, token).GetAsyncEnumerator(token);
            Assert.True(await frames.MoveNextAsync());
        }
        await Assert.Single(stack.Models.Requests(model)).Aborted.WaitAsync(TimeSpan.FromSeconds(10), token);
        var figures = await InferenceStack.FiguresAsync(client, model, 1, token);
        // "Say something." and "First", four bytes a token.
        Assert.Equal((1, 1, 4, 2), (figures.Number("calls"), figures.Number("errors"), figures.Number("tokens_in"), figures.Number("tokens_out")));
    }

    private static JsonNode Json(string frame) => JsonNode.Parse(frame)!;

    private static string ErrorCode(string frame) => Json(frame)["error"].Text("code");
}
