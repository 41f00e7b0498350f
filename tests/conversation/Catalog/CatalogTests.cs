using System.Net;
using Agents.Testing;
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

    [Theory]
    [InlineData("tools")]
    [InlineData("guardrails")]
    [InlineData("memory")]
    public async Task A_policy_that_this_version_does_not_offer_is_refused_by_name_instead_of_ignored(string field)
    {
        var token = TestContext.Current.CancellationToken;
        var body = new Dictionary<string, object> { ["name"] = "x", ["instructions"] = "y", [field] = new { kind = "anything" } };
        var (status, problem) = await stack.Operator.TryAsync(HttpMethod.Post, "/v1/agents", body, token);
        Assert.Equal((HttpStatusCode.BadRequest, "not_offered"), (status, problem.Text("code")));
        Assert.NotNull(problem["errors"]?[field]);
        body[field] = Array.Empty<string>();
        Assert.Equal(HttpStatusCode.Created, (await stack.Operator.TryAsync(HttpMethod.Post, "/v1/agents", body, token)).Status);
    }
}
