using System.Text.RegularExpressions;
using Agents.Contracts;

namespace Agents.Analytics.Evaluations;

/// <summary>Compares answers with what is expected of them, and runs with each other: nothing but arithmetic.</summary>
internal static partial class Score
{
    private const double Enough = 0.8;
    private const int MaxChanged = 100;

    // Of the normal distribution: 95 % lie within.
    private const double Z = 1.959964;

    public static CaseResult Of(int number, TestCase expected, AskedQuestion asked)
    {
        var (recall, correct) = Answer(expected.ExpectedAnswer, asked.Answer);
        var kept = asked.Answer is { Length: > TestCase.MaxText } said ? said[..TestCase.MaxText] : asked.Answer;
        return new CaseResult(
            number, expected.Question, asked.Job, kept, kept is null ? asked.Error ?? asked.Status : null, recall, correct,
            Sources(expected.ExpectedSources, asked.Sources), asked.CostMicros);
    }

    public static EvaluationScores Of(IReadOnlyList<CaseResult> results) => new(
        results.Count(result => result.Error is not null),
        Share([.. results.Select(result => result.Correct).OfType<bool>()]),
        Mean([.. results.Select(result => result.AnswerRecall).OfType<double>()], 0),
        Mean([.. results.Select(result => result.SourceRecall).OfType<double>()], 0),
        results.Sum(result => result.CostMicros));

    public static EvaluationComparison Compare(string one, IReadOnlyList<CaseResult> ones, string other, IReadOnlyList<CaseResult> others)
    {
        var pairs = ones.Zip(others).ToList();
        var changed = pairs.Where(pair => pair.First.Correct != pair.Second.Correct).ToList();
        return new EvaluationComparison(
            one, other, changed.Count(pair => pair.First.Correct == true), changed.Count(pair => pair.Second.Correct == true),
            Difference(pairs, result => result.Correct is { } correct ? correct ? 1 : 0 : null), Difference(pairs, result => result.AnswerRecall),
            Difference(pairs, result => result.SourceRecall),
            [.. changed.Take(MaxChanged).Select(pair => new ChangedCase(
                pair.First.Number, pair.First.Question, pair.First.Correct == true, pair.First.Answer, pair.Second.Answer))]);
    }

    private static (double? Recall, bool? Correct) Answer(string? expected, string? said)
    {
        var wanted = Words(expected).ToHashSet(StringComparer.OrdinalIgnoreCase);
        if (wanted.Count == 0)
            return (null, null);
        var words = Words(said).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var recall = Round(wanted.Count(words.Contains) / (double)wanted.Count);
        return (recall, recall >= Enough && wanted.Where(word => char.IsDigit(word[0])).All(words.Contains));
    }

    private static double? Sources(IReadOnlyList<string>? expected, IReadOnlyList<CitedSource> cited) => expected is { Count: > 0 }
        ? Round(expected.Count(source => cited.Any(one => one.DocumentId == source || string.Equals(one.Title, source, StringComparison.OrdinalIgnoreCase))) / (double)expected.Count)
        : null;

    /// <summary>Wilson's interval, which holds for few cases and for shares near 0 and 1, too.</summary>
    private static Estimate? Share(IReadOnlyList<bool> of)
    {
        if (of.Count == 0)
            return null;
        var (n, p) = (of.Count, of.Count(one => one) / (double)of.Count);
        var middle = (p + (Z * Z / (2 * n))) / (1 + (Z * Z / n));
        var half = Z * Math.Sqrt((p * (1 - p) / n) + (Z * Z / (4.0 * n * n))) / (1 + (Z * Z / n));
        return new Estimate(Round(p), Round(Math.Max(0, middle - half)), Round(Math.Min(1, middle + half)));
    }

    private static Estimate? Mean(IReadOnlyList<double> of, double least)
    {
        if (of.Count == 0)
            return null;
        var mean = of.Average();
        var deviation = of.Count > 1 ? Math.Sqrt(of.Sum(one => (one - mean) * (one - mean)) / (of.Count - 1)) : 1;
        var half = Z * deviation / Math.Sqrt(of.Count);
        return new Estimate(Round(mean), Round(Math.Max(least, mean - half)), Round(Math.Min(1, mean + half)));
    }

    // Case by case: the same questions are hard for both, and that takes no part in the difference.
    private static Estimate? Difference(IReadOnlyList<(CaseResult First, CaseResult Second)> pairs, Func<CaseResult, double?> of) =>
        Mean([.. pairs.Select(pair => of(pair.First) - of(pair.Second)).OfType<double>()], -1);

    private static IEnumerable<string> Words(string? text) => Word().Matches(text ?? "").Select(word => word.Value);

    private static double Round(double value) => Math.Round(value, 4);

    [GeneratedRegex(@"[\p{L}\p{N}]+")]
    private static partial Regex Word();
}
