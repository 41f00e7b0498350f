using System.Text.Json.Nodes;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Xunit;

namespace Agents.Inference.Tests.Providers;

/// <summary>Every wait has an end, and its end reaches the provider. The stack has models with short ones.</summary>
public sealed class TimeoutTests(InferenceStack stack)
{
    [Fact]
    public async Task A_first_token_that_does_not_come_is_a_504()
    {
        var token = TestContext.Current.CancellationToken;
        stack.Models.Script(InferenceStack.LateModel, Reply.Stream().Wait(new Gate()));
        var (status, error, _) = await stack.RefusedAsync(InferenceStack.LateModel, token);
        Assert.Equal((504, "provider_timeout"), (status, error.Text("code")));
        await Assert.Single(stack.Models.Requests(InferenceStack.LateModel)).Aborted.WaitAsync(TimeSpan.FromSeconds(10), token);
    }

    [Fact]
    public async Task Silence_within_a_stream_is_an_error_in_it()
    {
        var token = TestContext.Current.CancellationToken;
        stack.Models.Script(InferenceStack.SilentModel, Reply.Stream().Text("I think").Wait(new Gate()));
        await ExpectTimeoutAsync(InferenceStack.SilentModel, token);
    }

    [Fact]
    public async Task A_whole_call_that_takes_too_long_is_ended()
    {
        var token = TestContext.Current.CancellationToken;
        stack.Models.Script(InferenceStack.SlowModel, Reply.Stream().Text("I think").Wait(new Gate()));
        await ExpectTimeoutAsync(InferenceStack.SlowModel, token);

        stack.Models.Script(InferenceStack.SlowModel, Reply.Error(429, "Slow down.", retryAfter: 5));
        var (status, error, _) = await stack.RefusedAsync(InferenceStack.SlowModel, token, stream: false);
        Assert.Equal((504, "provider_timeout"), (status, error.Text("code")));
    }

    private async Task ExpectTimeoutAsync(string model, CancellationToken token)
    {
        var frames = await stack.StreamAsync(model, token);
        Assert.Equal(2, frames.Count);
        Assert.Equal("provider_timeout", JsonNode.Parse(frames[^1])!["error"].Text("code"));
        await stack.Models.Requests(model)[^1].Aborted.WaitAsync(TimeSpan.FromSeconds(10), token);
    }
}
