using System.Text.Json;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;

namespace Agents.Analytics.Evaluations;

/// <summary>Questions with what is expected of their answers. A set never changes: a new one is another set.</summary>
/// <param name="Cases">How many.</param>
public sealed record TestSet(string Id, string Name, int Cases, DateTimeOffset CreatedAt);

/// <summary>One line of a test set.</summary>
/// <param name="Question">1 to 2,000 characters.</param>
/// <param name="ExpectedAnswer">What a good answer says, in as few words as possible; at most 2,000 characters. Without it the answer is not judged.</param>
/// <param name="ExpectedSources">Documents that a good answer cites, by id or title; at most 5 of 200 characters.</param>
public sealed record TestCase(string Question, string? ExpectedAnswer, IReadOnlyList<string>? ExpectedSources)
{
    /// <summary>So many make a set.</summary>
    internal const int MaxCases = 500;

    // A page of cases, or of results, fits in a state value even when every character of it is written as an escape.
    internal const int MaxText = 2_000;

    /// <summary>Reads JSON lines.</summary>
    internal static (IReadOnlyList<TestCase>? Cases, Problem? Refusal) Read(string lines)
    {
        var cases = new List<TestCase>();
        foreach (var (at, line) in lines.Split('\n').Index())
        {
            if (string.IsNullOrWhiteSpace(line))
                continue;
            if (cases.Count == MaxCases)
                return (null, Problem.Invalid("body", $"A test set has at most {MaxCases} lines."));
            if (Parse(line) is not { } one)
                return (null, Problem.Invalid("body", $"Line {at + 1} must be a JSON object with question, and if wanted expected_answer and expected_sources."));
            if (one.Refusal() is { } refusal)
                return (null, Problem.Invalid("body", $"Line {at + 1}: {refusal.Detail}"));
            cases.Add(one);
        }
        return cases.Count > 0 ? (cases, null) : (null, Problem.Invalid("body", "The body must have a line for each case."));
    }

    private Problem? Refusal() =>
        Checks.Text("question", Question, MaxText) ?? Checks.Optional("expected_answer", ExpectedAnswer, MaxText) ?? Checks.Items("expected_sources", ExpectedSources, 5, 200);

    private static TestCase? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<TestCase>(line, Json.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
