namespace Agents.Inference.Providers.Extractive;

/// <summary>A sentence taken over word for word, and the number of the passage it stands in.</summary>
internal sealed record Excerpt(string Text, int Passage);

/// <summary>
/// Finds the sentences that answer a question best. A sentence's relevance is the part of the question that it covers: the weights
/// of the question's terms that it contains, plus half of those that only its heading or its passage's title contains, divided by
/// the weights of all the question's terms. A term weighs by its rarity among the candidate sentences: 1 + ln((N + 1) / (n + 1)), the
/// smoothed inverse document frequency (Salton and Buckley, "Term-weighting approaches in automatic text retrieval", 1988). The
/// constant keeps a term worth something that all candidates share, as they do when search has worked; a term that occurs nowhere
/// weighs most, so that a question about something else is recognised as one.
/// </summary>
internal static class ExcerptSearch
{
    private const int MaxExcerpts = 3;
    private const int MaxQuestion = 8_192;

    /// <summary>Covers less of the question than this: says nothing about it.</summary>
    private const double Relevant = 0.3;

    /// <summary>Falls this far behind the best: adds nothing to it.</summary>
    private const double NearBest = 0.6;

    private const double HeadingWeight = 0.5;

    /// <summary>Two sentences that share this much of their terms say the same.</summary>
    private const double Same = 0.8;

    /// <summary>At most three sentences, in reading order; none when nothing fits.</summary>
    public static IReadOnlyList<Excerpt> Find(string question, IReadOnlyList<ListedPassage> passages)
    {
        var asked = Terms.Of(question.Length > MaxQuestion ? question[..MaxQuestion] : question);
        var candidates = passages.SelectMany(Candidates).ToList();
        var weights = asked.ToDictionary(
            term => term, term => Weight(candidates.Count(candidate => candidate.Terms.Contains(term)), candidates.Count));
        var whole = weights.Values.Sum();
        var ranked = candidates.Select(candidate => (Candidate: candidate, Score: Score(candidate, weights) / whole))
            .Where(scored => scored.Score >= Relevant)
            .OrderByDescending(scored => scored.Score)
            .ToList();

        var chosen = new List<Candidate>();
        foreach (var (candidate, score) in ranked)
        {
            if (chosen.Count == MaxExcerpts || score < NearBest * ranked[0].Score)
                break;
            if (!chosen.Any(earlier => Overlap(earlier.Terms, candidate.Terms) >= Same))
                chosen.Add(candidate);
        }
        return
        [
            .. chosen.OrderBy(candidate => candidate.Passage).ThenBy(candidate => candidate.Position)
                .Select(candidate => new Excerpt(candidate.Text, candidate.Passage)),
        ];
    }

    private static IEnumerable<Candidate> Candidates(ListedPassage passage)
    {
        var title = Terms.Of(passage.Title);
        return MarkdownText.Statements(passage.Text).Select((statement, position) => new Candidate(
            statement.Text, passage.Number, position, Terms.Of(statement.Text), Terms.Of(statement.Heading), title));
    }

    private static double Weight(int containing, int all) => 1 + Math.Log((all + 1.0) / (containing + 1));

    // The title of a document alone makes none of its sentences an answer.
    private static double Score(Candidate candidate, Dictionary<string, double> weights)
    {
        double own = 0, above = 0;
        var near = false;
        foreach (var (term, weight) in weights)
        {
            if (candidate.Terms.Contains(term))
                own += weight;
            else if (candidate.Heading.Contains(term) || candidate.Title.Contains(term))
                above += weight;
            near |= candidate.Terms.Contains(term) || candidate.Heading.Contains(term);
        }
        return near ? own + (HeadingWeight * above) : 0;
    }

    private static double Overlap(HashSet<string> left, HashSet<string> right)
    {
        var shared = left.Count(right.Contains);
        return shared == 0 ? 0 : (double)shared / (left.Count + right.Count - shared);
    }

    private sealed record Candidate(
        string Text, int Passage, int Position, HashSet<string> Terms, HashSet<string> Heading, HashSet<string> Title);
}
