using Agents.Local.FrontDoor;
using Xunit;

namespace Agents.Local.Tests.FrontDoor;

public sealed class PathTableTests
{
    private const string Conversation = "tenants|keys|agents|sessions|jobs|dead-letters|webhooks|escalations";
    private const string Retrieval = "collections";
    private const string Inference = "chat/completions|embeddings|models|files|batches|deployments|aliases|rollouts|budgets|cache";
    private const string Analytics = "analytics|alerts|audit|evaluations|datasets|reports";

    [Theory]
    [InlineData("conversation", Conversation)]
    [InlineData("retrieval", Retrieval)]
    [InlineData("inference", Inference)]
    [InlineData("analytics", Analytics)]
    public void Every_public_path_has_its_service(string app, string paths)
    {
        foreach (var path in paths.Split('|'))
        {
            Assert.Equal(app, PathTable.Match($"/v1/{path}").App);
            Assert.Equal(app, PathTable.Match($"/v1/{path}/some_id/more").App);
        }
    }

    [Fact]
    public void The_table_holds_nothing_else_and_no_prefix_within_another()
    {
        var known = string.Join('|', Conversation, Retrieval, Inference, Analytics).Split('|').Select(path => "/v1/" + path).Append("/");
        Assert.Equal(known.Order(StringComparer.Ordinal), PathTable.Rules.Select(rule => rule.Prefix).Order(StringComparer.Ordinal));
        Assert.DoesNotContain(PathTable.Rules, rule => PathTable.Rules.Any(other =>
            other != rule && other.Prefix != "/" && new PathString(rule.Prefix).StartsWithSegments(other.Prefix)));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/index.html")]
    [InlineData("/v1")]
    [InlineData("/v1/unknown")]
    [InlineData("/v1/agentsx")]
    [InlineData("/V1/agents")]
    [InlineData("/v1/chat")]
    [InlineData("/dapr/subscribe")]
    public void Everything_else_is_the_consoles_to_answer(string path) => Assert.Equal("analytics", PathTable.Match(path).App);

    [Fact]
    public void OpenAi_clients_get_OpenAi_errors() => Assert.Equal(
        ["/v1/chat/completions", "/v1/embeddings", "/v1/models", "/v1/files", "/v1/batches"],
        PathTable.Rules.Where(rule => rule.OpenAi).Select(rule => rule.Prefix));
}
