using System.ClientModel;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using Agents.Testing;
using OpenAI.Embeddings;
using Xunit;

namespace Agents.Inference.Tests.Embeddings;

/// <summary>The built-in model at the front door.</summary>
public sealed class EmbeddingRouteTests(InferenceStack stack)
{
    private const string Model = "embed-use-lite";
    private const string Refund = "How do I get a refund?";

    [Fact]
    public async Task The_official_client_gets_vectors_and_usage()
    {
        var model = TestModel.Require();
        var token = TestContext.Current.CancellationToken;
        var client = new EmbeddingClient(Model, new ApiKeyCredential(stack.Host.ApiKey), stack.ClientOptions());
        var answer = (await client.GenerateEmbeddingsAsync([Refund, "Hello"], new EmbeddingGenerationOptions { EndUserId = "u1", Dimensions = 512 }, token)).Value;

        Assert.Equal((Model, 10, 10), (answer.Model, answer.Usage.InputTokenCount, answer.Usage.TotalTokenCount));
        Assert.Equal([0, 1], answer.Select(entry => entry.Index));
        Assert.Equal(await model.EmbedAsync(Refund), answer[0].ToFloats().ToArray());
    }

    [Fact]
    public async Task Numbers_and_base64_are_the_same_vector()
    {
        TestModel.Require();
        var plain = await EmbedAsync(new { model = Model, input = Refund });
        var packed = await EmbedAsync(new { model = Model, input = Refund, encoding_format = "base64" });
        float[] numbers = [.. plain["data"]![0].List("embedding").Select(value => value!.GetValue<float>())];
        Assert.Equal(MemoryMarshal.Cast<byte, float>(Convert.FromBase64String(packed["data"]![0].Text("embedding"))).ToArray(), numbers);
        Assert.Equal("""{"prompt_tokens":8,"total_tokens":8,"cost_micros":"0"}""", plain["usage"]!.ToJsonString());
    }

    [Fact]
    public async Task A_long_text_is_refused_with_the_limit_or_cut_when_asked()
    {
        TestModel.Require();
        var words = string.Concat(Enumerable.Repeat("word ", 200));
        var (status, error) = await RefusedAsync($$"""{"model":"{{Model}}","input":["short","{{words}}"]}""");
        Assert.Equal((400, "context_length_exceeded", "input[1]"), (status, error.Text("code"), error.Text("param")));
        Assert.Contains("at most 128", error.Text("message"), StringComparison.Ordinal);
        Assert.Equal(128, (await EmbedAsync(new { model = Model, input = words, truncate = true }))["usage"].Number("prompt_tokens"));
    }

    [Fact]
    public async Task As_many_inputs_as_openai_takes_are_taken()
    {
        TestModel.Require();
        var answer = await EmbedAsync(new { model = Model, input = Enumerable.Range(0, 2_048).Select(n => $"Text {n}"), encoding_format = "base64" });
        Assert.Equal(2_048, answer.List("data").Select(entry => entry.Text("embedding")).Distinct().Count());
    }

    [Theory]
    [InlineData("""{"input":"x"}""", "model")]
    [InlineData("""{"model":"embed-use-lite"}""", "input")]
    [InlineData("""{"model":"embed-use-lite","input":""}""", "input")]
    [InlineData("""{"model":"embed-use-lite","input":[]}""", "input")]
    [InlineData("""{"model":"embed-use-lite","input":["x",""]}""", "input[1]")]
    [InlineData("""{"model":"embed-use-lite","input":["x",5]}""", "input[1]")]
    [InlineData("""{"model":"embed-use-lite","input":[null]}""", "input[0]")]
    [InlineData("""{"model":"embed-use-lite","input":{"text":"x"}}""", "input")]
    [InlineData("""{"model":"embed-use-lite","input":[1,2,3]}""", "input")]
    [InlineData("""{"model":"embed-use-lite","input":[[1,2],[3]]}""", "input")]
    [InlineData("""{"model":"embed-use-lite","input":[[]]}""", "input[0]")]
    [InlineData("""{"model":"embed-use-lite","input":"x","encoding_format":"hex"}""", "encoding_format")]
    [InlineData("""{"model":"embed-use-lite","input":"x","encoding_format":1}""", "encoding_format")]
    [InlineData("""{"model":"embed-use-lite","input":"x","dimensions":256}""", "dimensions")]
    [InlineData("""{"model":"embed-use-lite","input":"x","dimensions":0}""", "dimensions")]
    [InlineData("""{"model":"embed-use-lite","input":"x","truncate":"yes"}""", "truncate")]
    [InlineData("""{"model":"embed-use-lite","input":"\ud800"}""", "$")]
    [InlineData("""{"model":"embed-use-lite","input":"x","input":"y"}""", "$")]
    [InlineData("""{"model":"extractive","input":"x"}""", "model")]
    public async Task A_bad_request_is_told_which_field_is_wrong(string body, string field)
    {
        TestModel.Require();
        var (status, error) = await RefusedAsync(body);
        Assert.Equal((400, field, "invalid_request_error"), (status, error.Text("param"), error.Text("type")));
    }

    [Fact]
    public async Task Limits_hold()
    {
        TestModel.Require();
        Assert.Equal("input", (await RefusedAsync($$"""{"model":"{{Model}}","input":[{{string.Join(',', Enumerable.Repeat("\"x\"", 2_049))}}]}""")).Error.Text("param"));
        var (status, error) = await RefusedAsync($$"""{"model":"{{Model}}","truncate":true,"input":"{{new string('日', 32_769)}}"}""");
        Assert.Equal((400, true), (status, error.Text("message").Contains("32768", StringComparison.Ordinal)));
        Assert.Equal(413, (await RefusedAsync($$"""{"model":"{{Model}}","input":"{{new string('x', 4_000_000)}}"}""")).Status);
        Assert.Equal("model_not_found", (await RefusedAsync("""{"model":"no-such","input":"x"}""")).Error.Text("code"));
    }

    [Fact]
    public async Task The_model_makes_embeddings_and_does_not_chat()
    {
        TestModel.Require();
        var token = TestContext.Current.CancellationToken;
        Assert.Equal("agents", (await stack.Operator.GetAsync($"/v1/models/{Model}", token)).Text("owned_by"));
        Assert.Equal(Model, (await EmbedAsync(new { model = "default", input = "x" })).Text("model"));
        var (status, error, _) = await stack.RefusedAsync(Model, token);
        Assert.Equal((400, "model_not_supported"), (status, error.Text("code")));
    }

    [Fact]
    public async Task A_call_is_counted_and_needs_the_scope_for_models()
    {
        TestModel.Require();
        var token = TestContext.Current.CancellationToken;
        var tenant = await stack.NewTenantAsync(token);
        using var answer = await PostAsync($$"""{"model":"{{Model}}","input":"{{Refund}}"}""", tenant);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Matches("^call_[0-9a-f]{32}$", Assert.Single(answer.Headers.GetValues("x-agents-call-id")));
        await Eventually.TrueAsync(
            async () => (await tenant.GetAsync("/v1/analytics/summary", token))["model"].List("by_model")
                .Any(entry => entry.Text("model") == Model && entry.Number("calls") == 1),
            "the call is counted", token);
        using var refused = await PostAsync($$"""{"model":"{{Model}}","input":"x"}""", await stack.NewTenantAsync(token, "sessions"));
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }

    private async Task<JsonNode> EmbedAsync(object body)
    {
        using var response = await stack.Operator.Http.PostAsJsonAsync("/v1/embeddings", body, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
        return JsonNode.Parse(text)!;
    }

    private async Task<(int Status, JsonNode Error)> RefusedAsync(string body)
    {
        using var response = await PostAsync(body, stack.Operator);
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["error"]!);
    }

    private static Task<HttpResponseMessage> PostAsync(string body, ApiClient client) => client.Http.PostAsync(
        new Uri("/v1/embeddings", UriKind.Relative), new StringContent(body, Encoding.UTF8, "application/json"), TestContext.Current.CancellationToken);
}
