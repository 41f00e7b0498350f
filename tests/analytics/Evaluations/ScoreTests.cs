using Agents.Analytics.Evaluations;
using Agents.Contracts;

namespace Agents.Analytics.Tests.Evaluations;

/// <summary>How answers are scored, and runs compared.</summary>
public sealed class ScoreTests
{
    [Theory]
    [InlineData("27 days", "You have 27 days of leave.", 1, true)]
    [InlineData("27 days", "You have 26 days of leave.", 0.5, false)]
    [InlineData("one two three four 5", "One, two, three, FOUR.", 0.8, false)]
    [InlineData("one two three four five", "One, two, three, FOUR.", 0.8, true)]
    [InlineData("27 days", null, 0, false)]
    public void An_answer_is_correct_with_most_of_the_words_and_every_number(string expected, string? said, double recall, bool correct)
    {
        var result = Score.Of(0, new TestCase("How long?", expected, null), Asked(said));
        Assert.Equal((recall, correct, null), (result.AnswerRecall, result.Correct, result.SourceRecall));
        Assert.Equal(said is null ? "model_unavailable" : null, result.Error);
    }

    [Fact]
    public void Sources_are_known_by_id_or_title() =>
        Assert.Equal(0.6667, Score.Of(0, new TestCase("How long?", null, ["doc_1", "LEAVE", "Travel"]), Asked("27", ("doc_1", "Handbook"), ("doc_2", "Leave"))).SourceRecall);

    // By hand, or any statistics program: 8 of 10 with 95 % confidence by Wilson.
    [Fact]
    public void Shares_have_an_interval()
    {
        var scores = Score.Of([.. Enumerable.Range(0, 10).Select(n => Result(n, correct: n < 8))]);
        Assert.Equal(new Estimate(0.8, 0.4902, 0.9433), scores.Accuracy);
        Assert.Null(scores.SourceRecall);
        Assert.Equal(1, Score.Of([Result(0, true)]).Accuracy!.High);
    }

    [Fact]
    public void Two_runs_are_compared_case_by_case()
    {
        List<CaseResult> one = [.. Enumerable.Range(0, 20).Select(n => Result(n, correct: n < 15))];
        List<CaseResult> other = [.. Enumerable.Range(0, 20).Select(n => Result(n, correct: n is > 0 and < 11))];
        var comparison = Score.Compare("a", one, "b", other);
        Assert.Equal((5, 0, 5), (comparison.Better, comparison.Worse, comparison.Changed.Count));
        Assert.Equal(0.25, comparison.Accuracy!.Value);
        Assert.True(comparison.Accuracy.Low > 0);
        Assert.All(Score.Compare("b", other, "a", one).Changed, change => Assert.False(change.Correct));
        Assert.InRange(0, Score.Compare("a", one, "a", one).Accuracy!.Low, Score.Compare("a", one, "a", one).Accuracy!.High);
    }

    private static AskedQuestion Asked(string? said, params (string Id, string Title)[] cited) => new(
        "job_1", said is null ? "failed" : "succeeded", said is null ? "model_unavailable" : null, said, [.. cited.Select(one => new CitedSource(one.Id, one.Title))], 5);

    private static CaseResult Result(int number, bool correct) => new(number, "Why?", "job_1", "Because.", null, correct ? 1 : 0, correct, null, 5);
}
