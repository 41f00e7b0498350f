namespace Agents.Conformance.JavaScript;

/// <summary>Dapr's own JavaScript SDK, unchanged, case by case: <c>js/suite.mjs</c>.</summary>
public sealed class JavaScriptTests(JavaScriptSuite suite) : IClassFixture<JavaScriptSuite>
{
    public static TheoryData<string> Cases => [.. JavaScriptSuite.Expected];

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_javascript_sdk_finds(string what)
    {
        suite.SkipUnlessRun();
        Assert.True(suite.Outcomes.TryGetValue(what, out var outcome), $"the suite did not come to this case: {suite.HowItEnded}");
        Assert.SkipWhen(outcome.Outcome == "skipped", outcome.Why ?? "");
        Assert.True(outcome.Outcome == "passed", outcome.Why);
    }

    [Fact]
    public void No_case_runs_that_is_not_listed()
    {
        suite.SkipUnlessRun();
        Assert.Empty(suite.Outcomes.Keys.Except(JavaScriptSuite.Expected));
    }

    [Fact]
    public void The_suite_ends_by_itself()
    {
        suite.SkipUnlessRun();
        Assert.True(suite.EndedByItself, suite.HowItEnded);
    }
}
