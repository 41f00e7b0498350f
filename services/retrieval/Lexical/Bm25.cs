namespace Agents.Retrieval.Lexical;

/// <summary>
/// Okapi BM25 with the usual constants: S. Robertson and H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond",
/// Foundations and Trends in Information Retrieval 3(4), 2009. The logarithm has 1 added, so that a term which most passages contain
/// never counts against one.
/// </summary>
internal static class Bm25
{
    public const double K1 = 1.2;
    public const double B = 0.75;

    /// <summary>The weight of a term that <paramref name="containing"/> of <paramref name="passages"/> contain.</summary>
    public static double Idf(long passages, long containing) => Math.Log(1 + (passages - containing + 0.5) / (containing + 0.5));

    /// <summary>What one term adds to a passage's score.</summary>
    public static double Score(double idf, int occurrences, int length, double averageLength) =>
        idf * occurrences * (K1 + 1) / (occurrences + K1 * (1 - B + B * length / averageLength));
}
