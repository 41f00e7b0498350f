using System.Text.Json.Nodes;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Xunit;

namespace Agents.Inference.Tests.Cache;

/// <summary>The exact cache, which a request asks for by <c>Cache-Control: max-age</c>.</summary>
public sealed class CacheTests(InferenceStack stack)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_equal_request_gets_the_same_answer_for_nothing(bool stream)
    {
        var token = TestContext.Current.CancellationToken;
        var model = stack.Models.NewModel(Reply.Text("Once ", "and ", "never again."), Reply.Text("Another."));
        var client = await stack.NewTenantAsync(token);
        var question = InferenceStack.Question(model, stream, includeUsage: stream);
        var (first, state) = await AskAsync(client, question, "max-age=60", token);
        Assert.Equal("miss", state);
        // Members in another order, and with more space between them, make the same request.
        var reordered = new JsonObject(question.Reverse().Select(member => KeyValuePair.Create(member.Key, member.Value?.DeepClone())));
        var (second, hit) = await AskAsync(client, reordered, "max-age=60", token);
        Assert.Equal("hit", hit);
        Assert.Equal(first.Replace("\"cost_micros\":\"4500\"", "\"cost_micros\":\"0\"", StringComparison.Ordinal), second);
        Assert.Single(stack.Models.Requests(model));
    }

    [Fact]
    public async Task Tenants_other_requests_opt_outs_and_purges_ask_anew()
    {
        var token = TestContext.Current.CancellationToken;
        var model = stack.Models.NewModel(Reply.Text("Fine."));
        var client = await stack.NewTenantAsync(token);
        var question = InferenceStack.Question(model, stream: false, includeUsage: false);
        await AskAsync(client, question, "max-age=60", token);
        Assert.Equal("miss", (await AskAsync(await stack.NewTenantAsync(token), question, "max-age=60", token)).State);
        var warmer = (JsonObject)question.DeepClone();
        warmer["temperature"] = 1;
        Assert.Equal("miss", (await AskAsync(client, warmer, "max-age=60", token)).State);
        Assert.Null((await AskAsync(client, question, "no-store", token)).State);
        Assert.Null((await AskAsync(client, question, null, token)).State);
        Assert.Equal("miss", (await AskAsync(client, question, "no-cache, max-age=60", token)).State);
        Assert.Equal("hit", (await AskAsync(client, question, "max-age=60", token)).State);
        Assert.Equal(System.Net.HttpStatusCode.NoContent, (await client.TryAsync(HttpMethod.Delete, "/v1/cache", null, token)).Status);
        Assert.Equal("miss", (await AskAsync(client, question, "max-age=60", token)).State);
        Assert.Equal(7, stack.Models.Requests(model).Count);
    }

    [Fact]
    public async Task Equal_requests_at_the_same_time_are_one_call()
    {
        var token = TestContext.Current.CancellationToken;
        var gate = new Gate();
        var model = stack.Models.NewModel(Reply.Stream().Wait(gate).Text("For all.").Finish().Usage(5, 2).Done());
        var question = InferenceStack.Question(model, stream: true, includeUsage: false);
        var asked = Enumerable.Range(0, 20).Select(_ => AskAsync(stack.Operator, question, "max-age=60", token)).ToList();
        await gate.Reached.WaitAsync(token);
        gate.Open();
        var answers = await Task.WhenAll(asked);
        Assert.Single(answers.Select(answer => answer.Body).Distinct());
        Assert.Single(stack.Models.Requests(model));
        Assert.Single(answers, answer => answer.State == "miss");
    }

    [Fact]
    public async Task A_failure_is_not_kept()
    {
        var token = TestContext.Current.CancellationToken;
        var model = stack.Models.NewModel(Reply.Error(400, "No."), Reply.Text("Yes."));
        var question = InferenceStack.Question(model, stream: false, includeUsage: false);
        Assert.Contains("No.", (await AskAsync(stack.Operator, question, "max-age=60", token)).Body, StringComparison.Ordinal);
        Assert.Contains("Yes.", (await AskAsync(stack.Operator, question, "max-age=60", token)).Body, StringComparison.Ordinal);
    }

    private static async Task<(string Body, string? State)> AskAsync(ApiClient client, JsonObject question, string? control, CancellationToken token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = JsonContent.Create(question) };
        if (control is not null)
            request.Headers.TryAddWithoutValidation("Cache-Control", control);
        using var response = await client.Http.SendAsync(request, token);
        return (await response.Content.ReadAsStringAsync(token), response.Headers.TryGetValues("x-cache", out var values) ? values.Single() : null);
    }
}
