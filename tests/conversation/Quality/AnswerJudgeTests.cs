using System.Net;
using Agents.Conversation.Quality;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Xunit;

namespace Agents.Conversation.Tests.Quality;

/// <summary>Answers that a model judges, beside the count of words.</summary>
public sealed class AnswerJudgeTests(ConversationStack stack)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_judge_sees_answer_and_passages_and_its_figure_is_shown()
    {
        var owner = await stack.NewTenantAsync(Token);
        var collection = (await owner.CreateAsync("/v1/collections", new { name = "leave" }, Token)).Text("id");
        await owner.AddReadyDocumentAsync(collection, "leave.md", "Each employee has 27 days of annual leave.", Token);
        var (model, judge) = (stack.Models.NewModel(Reply.Text("You have 27 days [1].")), stack.Models.NewModel(Reply.Text("75")));
        var agent = (await owner.CreateAsync(
            "/v1/agents", new { name = "judged", instructions = "Answer.", model, collections = new[] { collection }, judge = new { model = judge, share = 1 } }, Token)).Text("id");

        await owner.CreateAsync("/v1/sessions", new { agent, input = "How many days of annual leave?" }, Token);

        await Eventually.TrueAsync(
            async () => (await owner.GetAsync("/v1/analytics/figures?figures=judged_groundedness", Token))["series"]![0]!["whole"]?.GetValue<double>() == 0.75, "the judgement is counted", Token);
        var asked = stack.Models.Requests(judge)[0].Body.ToJsonString();
        Assert.Contains("27 days of annual leave", asked, StringComparison.Ordinal);
        Assert.Contains("You have 27 days", asked, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("100", 1.0), InlineData(" 7 %", 0.07), InlineData("0.", 0.0), InlineData("101", null), InlineData("about 80", null), InlineData("", null), InlineData("1000", null)]
    public void Only_a_number_is_a_judgement(string reply, double? share) => Assert.Equal(share, AnswerJudge.Read(reply));

    [Theory]
    [InlineData("", 0.5, "judge.model"), InlineData("small", 1.5, "judge.share")]
    public async Task A_judge_that_makes_no_sense_is_refused_by_name(string model, double share, string field)
    {
        var (status, refusal) = await stack.Operator.TryAsync(HttpMethod.Post, "/v1/agents", new { name = "x", instructions = "x", judge = new { model, share } }, Token);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.NotNull(refusal["errors"]![field]);
    }
}
