using System.Net;
using System.Text.Json.Nodes;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Xunit;

namespace Agents.Inference.Tests.Embeddings;

/// <summary>Embeddings of a configured endpoint.</summary>
public sealed class ProviderEmbeddingTests(InferenceStack stack)
{
    private const string Answer = """
        {"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.25,-1e-7]},{"object":"embedding","index":1,"embedding":"AACAPg=="}],
         "model":"text-embedding-2026","usage":{"prompt_tokens":400000,"total_tokens":400000},"x_new":1}
        """;

    [Theory]
    [InlineData("""["a","日本"]""")]
    [InlineData("[[1,2],[3]]")]
    public async Task Request_and_answer_pass_unchanged_and_the_cost_is_added(string input)
    {
        var model = stack.Models.NewModel(Reply.Body(Answer));
        var client = await stack.NewTenantAsync(TestContext.Current.CancellationToken);
        var (status, answer) = await PostAsync($$"""{"x":[1.50],"model":"{{model}}","input":{{input}},"dimensions":2,"encoding_format":"float","user":"u"}""", client);

        Assert.Equal(HttpStatusCode.OK, status);
        var expected = JsonNode.Parse(Answer)!;
        expected["usage"]!["cost_micros"] = "1000000";
        Assert.True(JsonNode.DeepEquals(expected, answer), answer.ToJsonString());
        var sent = Assert.Single(stack.Models.Requests(model));
        Assert.Equal("/v1/embeddings", sent.Path);
        Assert.Equal($$"""{"x":[1.50],"model":"{{model}}","input":{{input}},"dimensions":2,"encoding_format":"float","user":"u"}""", sent.Body.ToJsonString(Relaxed));

        var figures = await InferenceStack.FiguresAsync(client, model, 1, TestContext.Current.CancellationToken);
        Assert.Equal("1000000", figures.Text("cost_micros"));
    }

    [Fact]
    public async Task A_failure_before_the_answer_is_tried_again()
    {
        var model = stack.Models.NewModel(Reply.Error(503, "Busy."), Reply.Body(Answer));
        var (status, _) = await PostAsync($$"""{"model":"{{model}}","input":["a","b"]}""");
        Assert.Equal((HttpStatusCode.OK, 2), (status, stack.Models.Requests(model).Count));
    }

    [Fact]
    public async Task An_answer_with_another_number_of_vectors_is_a_bad_one()
    {
        var model = stack.Models.NewModel(Reply.Body(Answer));
        var (status, body) = await PostAsync($$"""{"model":"{{model}}","input":"a"}""");
        Assert.Equal((HttpStatusCode.BadGateway, "provider_bad_answer"), (status, body["error"].Text("code")));
    }

    private static readonly System.Text.Json.JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private async Task<(HttpStatusCode Status, JsonNode Body)> PostAsync(string body, ApiClient? client = null)
    {
        var token = TestContext.Current.CancellationToken;
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var response = await (client ?? stack.Operator).Http.PostAsync(new Uri("/v1/embeddings", UriKind.Relative), content, token);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync(token))!);
    }
}
