using Agents.Retrieval.Lexical;

namespace Agents.Retrieval.Search;

/// <summary>A stretch of a passage's text that the query speaks of: UTF-16 offsets, the end not included.</summary>
public sealed record Highlight(int Start, int End);

/// <summary>Marks the words of a passage that have a term of the query.</summary>
internal static class Highlighter
{
    private const int MaxHighlights = 100;

    public static IReadOnlyList<Highlight> Find(string text, IEnumerable<string> terms, string language)
    {
        var wanted = terms.ToHashSet(StringComparer.Ordinal);
        return [.. Tokenizer.Tokens(text, language).Where(token => wanted.Contains(token.Term)).Take(MaxHighlights).Select(token => new Highlight(token.Start, token.End))];
    }
}
