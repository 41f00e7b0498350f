using System.ComponentModel;
using System.Diagnostics;
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
        var token = TestContext.Current.CancellationToken;
        var folder = Path.Combine(Stack.RepositoryRoot, "tests", "inference", "js");
        var start = new ProcessStartInfo("node", [script])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["OPENAI_BASE_URL"] = new Uri(stack.Host.Address, "v1").ToString(),
                ["OPENAI_API_KEY"] = stack.Host.ApiKey,
            },
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var node = Start(start);
        Assert.SkipWhen(node is null, "node is not installed");
        Assert.SkipUnless(Directory.Exists(Path.Combine(folder, "node_modules")), "npm ci was not run in tests/inference/js");
        var output = node!.StandardOutput.ReadToEndAsync(token);
        var errors = node.StandardError.ReadToEndAsync(token);
        try
        {
            await node.WaitForExitAsync(token).WaitAsync(TimeSpan.FromSeconds(60), token);
        }
        finally
        {
            if (!node.HasExited)
                node.Kill();
        }
        Assert.True(node.ExitCode == 0, $"{await output}{await errors}");
        Assert.Equal("ok", (await output).Trim());
    }

    private static Process? Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start);
        }
        catch (Win32Exception)
        {
            // How .NET says that there is no such program.
            return null;
        }
    }
}
