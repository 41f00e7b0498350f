using System.Net;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Xunit;

namespace Agents.Conversation.Tests.Catalog;

public sealed class CatalogTests(ConversationStack stack)
{
    [Fact]
    public async Task The_agent_default_exists_in_every_tenant()
    {
        var token = TestContext.Current.CancellationToken;
        var user = await stack.NewTenantAsync(token, "sessions");
        Assert.Equal("default", (await user.GetAsync("/v1/agents/default", token)).Text("id"));
    }

    [Fact]
    public async Task Versions_are_added_made_live_and_rolled_back_and_turns_follow_the_live_one()
    {
        var token = TestContext.Current.CancellationToken;
        var (old, @new) = (stack.Models.NewModel(Reply.Text("Old.")), stack.Models.NewModel(Reply.Text("New.")));
        var agent = await stack.NewAgentAsync(old, token);
        var added = await stack.Operator.CreateAsync(
            $"/v1/agents/{agent}/versions", new { name = "second", instructions = "Answer.", model = @new, collections = Array.Empty<string>() }, token);
        Assert.Equal((2, 1), (added.Number("version"), added.Number("live_version")));
        Assert.Equal("Old.", await AskAsync());

        Assert.Equal(2, (await stack.Operator.CreateAsync($"/v1/agents/{agent}/live", new { version = 2 }, token)).Number("live_version"));
        Assert.Equal("New.", await AskAsync());
        Assert.Equal("Old.", await AskAsync(1));
        Assert.Equal("second", (await stack.Operator.GetAsync($"/v1/agents/{agent}", token)).Text("name"));
        Assert.Equal("scripted", (await stack.Operator.GetAsync($"/v1/agents/{agent}/versions/1", token)).Text("name"));
        Assert.Equal([2, 1], (await stack.Operator.GetAsync($"/v1/agents/{agent}/versions", token)).List("data").Select(version => version.Number("version")));

        Assert.Equal(1, (await stack.Operator.CreateAsync($"/v1/agents/{agent}/rollback", new { }, token)).Number("live_version"));
        Assert.Equal("Old.", await AskAsync());
        Assert.Equal(HttpStatusCode.Conflict, (await stack.Operator.TryAsync(HttpMethod.Post, $"/v1/agents/{agent}/rollback", new { }, token)).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await stack.Operator.TryAsync(HttpMethod.Post, $"/v1/agents/{agent}/live", new { version = 9 }, token)).Status);

        async Task<string> AskAsync(int? version = null) =>
            (await stack.Operator.CreateAsync("/v1/sessions", new { agent, agent_version = version, input = "Which?" }, token))["turn"]!["output"].Text("text");
    }
}
