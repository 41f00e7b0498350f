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
    [Fact]
    public Task The_javascript_client_works_unchanged() => RunAsync("client.mjs", new()
    {
        ["MODEL"] = stack.Models.NewModel(Reply.Echo()),
        ["TOOL_MODEL"] = stack.Models.NewModel(Reply.ToolCall("weather", """{"city":"Basel"}""")),
        ["CUT_MODEL"] = stack.Models.NewModel(Reply.Stream().Text("Half an")),
    });

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
