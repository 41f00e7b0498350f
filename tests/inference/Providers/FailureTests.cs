using System.Diagnostics;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Xunit;

namespace Agents.Inference.Tests.Providers;

/// <summary>What a provider can do wrong before its first byte, and what becomes of it.</summary>
public sealed class FailureTests(InferenceStack stack)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_rejected_request_is_a_400_in_the_providers_words(bool stream)
    {
        var model = stack.Models.NewModel(Reply.Error(400, "This model's maximum context length is 8 tokens.", "context_length_exceeded"));
        var (status, error, _) = await stack.RefusedAsync(model, TestContext.Current.CancellationToken, stream);
        Assert.Equal((400, "context_length_exceeded"), (status, error.Text("code")));
        Assert.Equal("This model's maximum context length is 8 tokens.", error.Text("message"));
        Assert.Single(stack.Models.Requests(model));
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    public async Task A_refused_credential_is_a_502_that_tells_nothing_about_it(int upstream)
    {
        var model = stack.Models.NewModel(Reply.Error(upstream, $"Incorrect API key provided: {FakeModelServer.ApiKey}."));
        var (status, error, _) = await stack.RefusedAsync(model, TestContext.Current.CancellationToken);
        Assert.Equal((502, "provider_auth_failed"), (status, error.Text("code")));
        Assert.DoesNotContain("sk-", error.ToJsonString(), StringComparison.Ordinal);
        Assert.Single(stack.Models.Requests(model));
    }

    [Fact]
    public async Task A_missing_secret_is_a_502_that_reaches_nobody()
    {
        var (status, error, _) = await stack.RefusedAsync(InferenceStack.KeylessModel, TestContext.Current.CancellationToken);
        Assert.Equal((502, "provider_auth_failed"), (status, error.Text("code")));
        Assert.Empty(stack.Models.Requests(InferenceStack.KeylessModel));
    }

    [Fact]
    public async Task A_model_unknown_to_the_provider_is_the_operators_mistake()
    {
        var (status, error, _) = await stack.RefusedAsync(stack.Models.NewModel(Reply.Error(404, "No such deployment.")), TestContext.Current.CancellationToken);
        Assert.Equal((502, "provider_model_not_found"), (status, error.Text("code")));
    }

    [Fact]
    public async Task An_endpoint_that_nobody_serves_is_a_502()
    {
        var (status, error, _) = await stack.RefusedAsync(InferenceStack.LostModel, TestContext.Current.CancellationToken);
        Assert.Equal((502, "provider_unreachable"), (status, error.Text("code")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_failure_is_tried_again_and_the_caller_does_not_notice(bool stream)
    {
        var token = TestContext.Current.CancellationToken;
        var model = stack.Models.NewModel(Reply.Error(500, "Oops."), Reply.Error(503, "Busy."), Reply.Text("Fine."));
        var client = await stack.NewTenantAsync(token);
        using var response = await stack.PostAsync(InferenceStack.Question(model, stream, includeUsage: false), token, client);
        Assert.Contains("Fine.", await response.Content.ReadAsStringAsync(token), StringComparison.Ordinal);
        Assert.Equal(3, stack.Models.Requests(model).Count);
        // Attempts are not calls: one is counted, with the tokens of the one that worked.
        var figures = await InferenceStack.FiguresAsync(client, model, 1, token);
        Assert.Equal((1, 0, Reply.PromptTokens, "4500"), (figures.Number("calls"), figures.Number("errors"), figures.Number("tokens_in"), figures.Text("cost_micros")));
    }

    [Fact]
    public async Task A_lasting_failure_is_given_up_after_three_attempts_and_costs_nothing()
    {
        var token = TestContext.Current.CancellationToken;
        var model = stack.Models.NewModel(Reply.Error(500, "Internal path /srv/secret leaked."));
        var client = await stack.NewTenantAsync(token);
        var (status, error, _) = await stack.RefusedAsync(model, token, client: client);
        Assert.Equal((502, "provider_failed"), (status, error.Text("code")));
        Assert.DoesNotContain("secret", error.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(3, stack.Models.Requests(model).Count);
        var figures = await InferenceStack.FiguresAsync(client, model, 1, token);
        Assert.Equal((1, 1, 0, "0"), (figures.Number("calls"), figures.Number("errors"), figures.Number("tokens_in"), figures.Text("cost_micros")));
    }

    [Fact]
    public async Task A_short_wait_that_the_provider_asks_for_is_kept()
    {
        var token = TestContext.Current.CancellationToken;
        var model = stack.Models.NewModel(Reply.Error(429, "Slow down.", retryAfter: 1), Reply.Text("Fine."));
        var started = Stopwatch.GetTimestamp();
        await stack.StreamAsync(model, token);
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
        Assert.Equal(2, stack.Models.Requests(model).Count);
    }

    [Fact]
    public async Task A_long_wait_is_passed_on_to_the_caller()
    {
        var model = stack.Models.NewModel(Reply.Error(429, "Come back later.", retryAfter: 42));
        var (status, error, retryAfter) = await stack.RefusedAsync(model, TestContext.Current.CancellationToken);
        Assert.Equal((429, "provider_rate_limited", "rate_limit_error"), (status, error.Text("code"), error.Text("type")));
        Assert.Equal(TimeSpan.FromSeconds(42), retryAfter);
        Assert.Single(stack.Models.Requests(model));
    }

    [Fact]
    public async Task A_connection_that_breaks_before_the_first_byte_is_tried_again()
    {
        var model = stack.Models.NewModel(Reply.Stream().Cut(), Reply.Stream(), Reply.Text("Fine."));
        var frames = await stack.StreamAsync(model, TestContext.Current.CancellationToken);
        Assert.Equal("[DONE]", frames[^1]);
        Assert.Equal(3, stack.Models.Requests(model).Count);
    }

    [Theory]
    [InlineData("", "provider_empty_answer")]
    [InlineData("{}", "provider_empty_answer")]
    [InlineData("""{"choices":[]}""", "provider_empty_answer")]
    [InlineData("""{"choices":[{"message":{"content":"cut of""", "provider_bad_answer")]
    [InlineData("<html>Sign in</html>", "provider_bad_answer")]
    public async Task A_whole_answer_that_is_none_is_a_502(string body, string code)
    {
        var model = stack.Models.NewModel(Reply.Body(body));
        var (status, error, _) = await stack.RefusedAsync(model, TestContext.Current.CancellationToken, stream: false);
        Assert.Equal((502, code), (status, error.Text("code")));
        // It may have been paid for: asking again would pay twice.
        Assert.Single(stack.Models.Requests(model));
    }

    [Fact]
    public async Task An_empty_stream_is_a_502()
    {
        var (status, error, _) = await stack.RefusedAsync(stack.Models.NewModel(Reply.Stream().Done()), TestContext.Current.CancellationToken);
        Assert.Equal((502, "provider_empty_answer"), (status, error.Text("code")));
    }

    [Fact]
    public async Task A_model_may_well_say_nothing()
    {
        var token = TestContext.Current.CancellationToken;
        var frames = await stack.StreamAsync(stack.Models.NewModel(Reply.Text()), token);
        Assert.Equal("[DONE]", frames[^1]);
    }
}
