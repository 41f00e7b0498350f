using System.Text.Json.Serialization;
using Agents.Analytics.Folding;

namespace Agents.Analytics.Evaluations;

/// <summary>Runs a test set.</summary>
/// <param name="Set">Id of a test set.</param>
/// <param name="Agent">Id of an agent.</param>
/// <param name="AgentVersion">Which version of it answers.</param>
public sealed record StartEvaluation(string? Set, string? Agent, int? AgentVersion);

public enum EvaluationStatus
{
    Running,
    Completed,

    /// <summary>Its questions are refused.</summary>
    Failed,
}

/// <summary>A run of a test set against a version of an agent.</summary>
/// <param name="Done">Cases that have been answered, or could not be.</param>
/// <param name="Scores">Present once completed.</param>
/// <param name="Error">Why it failed: <c>agent_not_found</c>, or <c>lane_unknown</c> where there is no lane <c>batch</c>.</param>
public sealed record Evaluation(
    string Id, string Set, string Agent, int AgentVersion, EvaluationStatus Status, int Cases, int Done, DateTimeOffset CreatedAt, DateTimeOffset? EndedAt,
    EvaluationScores? Scores, string? Error = null);

/// <summary>What a run came to. Of a case that could not be answered every score is 0.</summary>
/// <param name="Failed">Cases that could not be answered.</param>
/// <param name="Accuracy">The share of cases whose answer is correct; absent when no case expects an answer. See <see cref="CaseResult"/>.</param>
/// <param name="AnswerRecall">How much of the expected answers was said, on average.</param>
/// <param name="SourceRecall">How much of the expected sources was cited, on average; absent when no case expects any.</param>
/// <param name="CostMicros">What the answers cost, in micro-units of the account's currency.</param>
public sealed record EvaluationScores(
    int Failed, Estimate? Accuracy, Estimate? AnswerRecall, Estimate? SourceRecall, [property: JsonNumberHandling(Wire.AsString)] long CostMicros);

/// <summary>A mean, with the interval that holds the true one with 95 % confidence.</summary>
public sealed record Estimate(double Value, double Low, double High);

/// <summary>What became of one case.</summary>
/// <param name="Number">Its line in the set, from 0.</param>
/// <param name="Job">The job that answered.</param>
/// <param name="Answer">Its first 2,000 characters.</param>
/// <param name="Error">Why it could not be answered: a stable code.</param>
/// <param name="AnswerRecall">The share of the expected answer's words that the answer holds: a count of words and no judgement.</param>
/// <param name="Correct">At least four fifths of them, and every number; absent when no answer is expected.</param>
/// <param name="SourceRecall">The share of the expected sources that the answer cites; absent when none are expected.</param>
public sealed record CaseResult(
    int Number, string Question, string Job, string? Answer, string? Error, double? AnswerRecall, bool? Correct, double? SourceRecall,
    [property: JsonNumberHandling(Wire.AsString)] long CostMicros);

/// <summary>Two runs of the same set, case by case.</summary>
/// <param name="Better">Cases that only the first one answers correctly.</param>
/// <param name="Worse">Cases that only the other one does.</param>
/// <param name="Accuracy">By how much the first one is more accurate; absent when no case expects an answer. An interval around 0 shows no difference.</param>
/// <param name="AnswerRecall">The same of the expected answers.</param>
/// <param name="SourceRecall">The same of the expected sources.</param>
/// <param name="Changed">Those cases, at most 100.</param>
public sealed record EvaluationComparison(
    string Evaluation, string With, int Better, int Worse, Estimate? Accuracy, Estimate? AnswerRecall, Estimate? SourceRecall, IReadOnlyList<ChangedCase> Changed);

/// <summary>A case that one run answers correctly and the other does not.</summary>
public sealed record ChangedCase(int Number, string Question, bool Correct, string? Answer, string? OtherAnswer);
