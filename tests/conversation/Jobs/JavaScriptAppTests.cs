using System.ComponentModel;
using System.Diagnostics;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Xunit;

namespace Agents.Conversation.Tests.Jobs;

/// <summary>Another app, on Dapr's official JavaScript SDK, that submits jobs by event and hears of their results.</summary>
public sealed class JavaScriptAppTests(ConversationStack stack)
{
    [Fact]
    public async Task A_job_submitted_by_event_comes_back_as_an_event()
    {
        var token = TestContext.Current.CancellationToken;
        var folder = Path.Combine(Stack.RepositoryRoot, "tests", "conformance", "js");
        Assert.SkipUnless(Directory.Exists(Path.Combine(folder, "node_modules")), "npm ci was not run in tests/conformance/js");
        var agent = await stack.NewAgentAsync(stack.Models.NewModel(Reply.Text("Forty", "-two.")), token);
        var key = (await stack.Operator.CreateAsync("/v1/keys", new { name = "shop", tenant = "default", scopes = new[] { "jobs" } }, token)).Text("id");
        var start = new ProcessStartInfo("node", ["jobs.mjs"])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["APP_PORT"] = $"{stack.Guest.AppPort}",
                ["DAPR_HTTP_ENDPOINT"] = $"http://127.0.0.1:{stack.Guest.DaprHttpPort}",
                ["DAPR_API_TOKEN"] = stack.Host.DaprApiToken,
                ["AGENT"] = agent,
                ["KEY_ID"] = key,
            },
        };
        using var node = Start(start);
        Assert.SkipWhen(node is null, "node is not installed");
        var output = node!.StandardOutput.ReadToEndAsync(token);
        var errors = node.StandardError.ReadToEndAsync(token);
        try
        {
            await node.WaitForExitAsync(token).WaitAsync(TimeSpan.FromSeconds(100), token);
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
