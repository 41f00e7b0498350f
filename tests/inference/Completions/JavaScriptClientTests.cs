using Agents.Inference.Tests.Embeddings;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Xunit;

namespace Agents.Inference.Tests.Completions;

/// <summary>OpenAI's own JavaScript client, unchanged, at the front door: <c>js/*.mjs</c>.</summary>
public sealed class JavaScriptClientTests(InferenceStack stack)
{
    private const string Full = """
        {"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[
         {"index":0,"message":{"role":"assistant","content":"{\"mood\":\"good\"}"},"finish_reason":"stop",
          "logprobs":{"content":[{"token":"{","logprob":-0.25,"bytes":[123],"top_logprobs":[{"token":"{","logprob":-0.25,"bytes":[123]}]}],"refusal":null}},
         {"index":1,"message":{"role":"assistant","content":"{\"mood\":\"bad\"}"},"finish_reason":"stop","logprobs":null}],
         "usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21}}
        """;

    [Fact]
    public async Task The_javascript_client_works_unchanged()
    {
        var full = stack.Models.NewModel(Reply.Body(Full));
        await RunAsync("client.mjs", Scripted(full));
        var sent = Assert.Single(stack.Models.Requests(full)).Body;
        Assert.Equal((2, true, 1), (sent["n"]!.GetValue<int>(), sent["logprobs"]!.GetValue<bool>(), sent["top_logprobs"]!.GetValue<int>()));
        Assert.Equal("mood", sent["response_format"]!["json_schema"]!["name"]!.GetValue<string>());
        Assert.Equal("""{"a":[1.5]}""", sent["x_unknown"]!.ToJsonString());
    }

    private Dictionary<string, string> Scripted(string full) => new()
    {
        ["FULL_MODEL"] = full,
        ["MODEL"] = stack.Models.NewModel(Reply.Echo()),
        ["TOOL_MODEL"] = stack.Models.NewModel(Reply.ToolCall("weather", """{"city":"Basel"}""")),
        ["CUT_MODEL"] = stack.Models.NewModel(Reply.Stream().Text("Half an")),
    };

    [Fact]
    public Task The_javascript_client_gets_embeddings()
    {
        TestModel.Require();
        return RunAsync("embeddings.mjs", []);
    }

    private async Task RunAsync(string script, Dictionary<string, string> environment)
    {
        var said = await JavaScript.RunAsync(
            "inference",
            script,
            new Dictionary<string, string>(environment)
            {
                ["OPENAI_BASE_URL"] = new Uri(stack.Host.Address, "v1").ToString(),
                ["OPENAI_API_KEY"] = stack.Host.ApiKey,
            },
            TestContext.Current.CancellationToken);
        Assert.SkipWhen(said is null, "node is not installed, or npm ci was not run in tests/inference/js");
        Assert.Equal("ok", said);
    }
}
