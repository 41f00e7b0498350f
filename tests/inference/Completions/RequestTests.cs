using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Xunit;

namespace Agents.Inference.Tests.Completions;

/// <summary>What is taken, what reaches the provider, and what is refused.</summary>
public sealed class RequestTests(InferenceStack stack)
{
    [Fact]
    public async Task Fields_we_do_not_know_reach_the_provider_unchanged()
    {
        var token = TestContext.Current.CancellationToken;
        stack.Models.Script(InferenceStack.OriginalName, Reply.Text("Fine."));
        var body = JsonNode.Parse("""
            {"seed":9007199254740993,"temperature":0.10,"model":"vendor/renamed","logit_bias":{"50256":-100},"x_new":{"deep":[1,"ü",null]},
             "messages":[{"role":"user","content":[{"type":"text","text":"See:"},{"type":"image_url","image_url":{"url":"data:,"}}],"name":"Zoë"}]}
            """)!;
        using var response = await stack.PostAsync(body, token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);

        var sent = Assert.Single(stack.Models.Requests(InferenceStack.OriginalName)).Body;
        body["model"] = InferenceStack.OriginalName;
        Assert.Equal(body.ToJsonString(), sent.ToJsonString());
    }

    [Fact]
    public async Task Only_the_provider_gets_its_key_and_nothing_of_the_callers_credentials()
    {
        var model = stack.Models.NewModel(Reply.Text("Fine."));
        using var response = await stack.PostAsync(InferenceStack.Question(model, stream: false, includeUsage: false), TestContext.Current.CancellationToken);
        var headers = Assert.Single(stack.Models.Requests(model)).Headers;
        Assert.Equal($"Bearer {FakeModelServer.ApiKey}", headers["authorization"]);
        Assert.DoesNotContain(headers, header => header.Value.Contains(stack.Host.ApiKey, StringComparison.Ordinal) || header.Key.StartsWith("x-agents", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_answer_names_its_call_and_its_request()
    {
        var token = TestContext.Current.CancellationToken;
        using var good = await stack.PostAsync(InferenceStack.Question("extractive", stream: true, includeUsage: false), token);
        Assert.Matches("^call_[0-9a-f]{32}$", Assert.Single(good.Headers.GetValues("x-agents-call-id")));
        Assert.Matches("^[0-9a-f]{32}$", Assert.Single(good.Headers.GetValues("x-request-id")));
        using var bad = await stack.PostAsync(new { model = "extractive" }, token);
        Assert.Matches("^[0-9a-f]{32}$", Assert.Single(bad.Headers.GetValues("x-request-id")));
    }

    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":"x"}]}""", "model")]
    [InlineData("""{"model":7,"messages":[{"role":"user","content":"x"}]}""", "model")]
    [InlineData("""{"model":"extractive"}""", "messages")]
    [InlineData("""{"model":"extractive","messages":[]}""", "messages")]
    [InlineData("""{"model":"extractive","messages":["x"]}""", "messages[0]")]
    [InlineData("""{"model":"extractive","messages":[{"content":"x"}]}""", "messages[0].role")]
    [InlineData("""{"model":"extractive","messages":[{"role":"user","content":5}]}""", "messages[0].content")]
    [InlineData("""{"model":"extractive","messages":[{"role":"user","content":[{"text":"x"}]}]}""", "messages[0].content[0].type")]
    [InlineData("""{"model":"extractive","stream":"yes","messages":[{"role":"user","content":"x"}]}""", "stream")]
    [InlineData("""{"model":"extractive","stream":true,"stream_options":1,"messages":[{"role":"user","content":"x"}]}""", "stream_options")]
    [InlineData("""{"model":"extractive","n":0,"messages":[{"role":"user","content":"x"}]}""", "n")]
    [InlineData("""{"model":"extractive","n":2,"messages":[{"role":"user","content":"x"}]}""", "n")]
    [InlineData("""{"model":"extractive","max_tokens":-1,"messages":[{"role":"user","content":"x"}]}""", "max_tokens")]
    [InlineData("""{"model":"extractive","response_format":{"type":"json_object"},"messages":[{"role":"user","content":"x"}]}""", "response_format")]
    [InlineData("""{"model":"extractive","model":"other","messages":[{"role":"user","content":"x"}]}""", "$")]
    [InlineData("""{"model":"extractive","messages":[{"role":"user","content":"\ud800"}]}""", "$")]
    [InlineData("""{"model":"extractive","messages":""", "$")]
    [InlineData("[]", "$")]
    public async Task A_bad_request_is_told_which_field_is_wrong(string body, string field)
    {
        var (status, error) = await SendAsync(new StringContent(body, Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal((field, "invalid_request_error"), (error.Text("param"), error.Text("type")));
    }

    [Fact]
    public async Task Limits_hold()
    {
        var message = """{"role":"user","content":"x"}""";
        var many = $$"""{"model":"extractive","messages":[{{string.Join(',', Enumerable.Repeat(message, 1_001))}}]}""";
        Assert.Equal(HttpStatusCode.BadRequest, (await SendAsync(new StringContent(many, Encoding.UTF8, "application/json"))).Status);
        var deep = $$"""{"model":"extractive","messages":[{{message}}],"x":{{new string('[', 40)}}{{new string(']', 40)}}}""";
        Assert.Equal(HttpStatusCode.BadRequest, (await SendAsync(new StringContent(deep, Encoding.UTF8, "application/json"))).Status);
        var large = $$"""{"model":"extractive","messages":[{"role":"user","content":"{{new string('x', 4_000_000)}}"}]}""";
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await SendAsync(new StringContent(large, Encoding.UTF8, "application/json"))).Status);
        var fits = $$"""{"model":"extractive","messages":[{"role":"user","content":"{{new string('x', 3_900_000)}}"}]}""";
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(new StringContent(fits, Encoding.UTF8, "application/json"))).Status);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await SendAsync(new StringContent("x", Encoding.UTF8, "text/plain"))).Status);
        var longName = $$"""{"model":"{{new string('m', 129)}}","messages":[{{message}}]}""";
        Assert.Equal("model", (await SendAsync(new StringContent(longName, Encoding.UTF8, "application/json"))).Error.Text("param"));
    }

    [Fact]
    public async Task A_key_needs_the_scope_for_models()
    {
        var token = TestContext.Current.CancellationToken;
        var question = InferenceStack.Question("extractive", stream: false, includeUsage: false);
        using var refused = await stack.PostAsync(question, token, await stack.NewTenantAsync(token, "sessions"));
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        using var taken = await stack.PostAsync(question, token, await stack.NewTenantAsync(token, "models"));
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
        using var unknown = await stack.PostAsync(question, token, stack.Client(null));
        Assert.Equal("authentication_error", JsonNode.Parse(await unknown.Content.ReadAsStringAsync(token))!["error"].Text("type"));
    }

    [Fact]
    public async Task A_short_limit_shortens_the_extractors_answer()
    {
        var token = TestContext.Current.CancellationToken;
        using var response = await stack.PostAsync(
            JsonNode.Parse("""{"model":"extractive","max_completion_tokens":3,"messages":[{"role":"user","content":"Anything?"}]}""")!, token);
        var choice = JsonNode.Parse(await response.Content.ReadAsStringAsync(token))!["choices"]![0]!;
        Assert.Equal(("I found", "length"), (choice["message"].Text("content"), choice.Text("finish_reason")));
    }

    private async Task<(HttpStatusCode Status, JsonNode Error)> SendAsync(HttpContent content)
    {
        var token = TestContext.Current.CancellationToken;
        using var response = await stack.Operator.Http.PostAsync(new Uri("/v1/chat/completions", UriKind.Relative), content, token);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync(token))!["error"] ?? new JsonObject());
    }
}
