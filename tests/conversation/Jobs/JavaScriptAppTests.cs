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
        var agent = await stack.NewAgentAsync(stack.Models.NewModel(Reply.Text("Forty", "-two.")), token);
        var key = (await stack.Operator.CreateAsync("/v1/keys", new { name = "shop", tenant = "default", scopes = new[] { "jobs" } }, token)).Text("id");
        var said = await JavaScript.RunAsync(
            "conformance",
            "jobs.mjs",
            new Dictionary<string, string>
            {
                ["APP_PORT"] = $"{stack.Guest.AppPort}",
                ["DAPR_HTTP_ENDPOINT"] = $"http://127.0.0.1:{stack.Guest.DaprHttpPort}",
                ["DAPR_API_TOKEN"] = stack.Host.DaprApiToken,
                ["AGENT"] = agent,
                ["KEY_ID"] = key,
            },
            token);
        Assert.SkipWhen(said is null, "node is not installed, or npm ci was not run in tests/conformance/js");
        Assert.Equal("ok", said);
    }
}
