namespace Agents.Retrieval.Search;

/// <summary>
/// One score out of two: BM25 divided by the best BM25 of the query, plus 0.7 times the cosine. Scores are fused rather than ranks, since
/// equal-weight rank fusion lets a weak leg pull a strong one down; the README has the figures behind the weight.
/// </summary>
internal static class Fusion
{
    /// <summary>What the cosine counts.</summary>
    public const float Weight = 0.7f;

    /// <summary>A passage that has no word of the query must be this near: to find nothing is an answer, too.</summary>
    public const float LeastCosine = 0.35f;

    /// <summary>How many candidates each leg hands over.</summary>
    public static int Candidates(int limit) => 2 * limit + 30;

    public static float Score(float lexical, float bestLexical, float cosine) => (bestLexical > 0 ? lexical / bestLexical : 0) + Weight * cosine;
}
