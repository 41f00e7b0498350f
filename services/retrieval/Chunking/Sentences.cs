namespace Agents.Retrieval.Chunking;

/// <summary>Parts a paragraph into sentences. A wrong guess costs nothing but a less natural border between two passages.</summary>
internal static class Sentences
{
    private const string Closing = "\"')]}»”’";

    /// <summary>The sentences in order, trimmed; longer ones than <paramref name="maxLength"/> characters are cut, at a space when there is one.</summary>
    public static IEnumerable<string> Split(string paragraph, int maxLength)
    {
        var start = 0;
        for (var i = 0; i < paragraph.Length; i++)
        {
            var end = EndAfter(paragraph, start, i);
            if (end == 0 && i - start + 1 >= maxLength)
                end = CutBefore(paragraph, start, i + 1);
            if (end == 0)
                continue;
            if (paragraph[start..end].Trim() is { Length: > 0 } sentence)
                yield return sentence;
            start = end;
            i = Math.Max(i, end - 1);
        }
        if (paragraph[start..].Trim() is { Length: > 0 } rest)
            yield return rest;
    }

    /// <summary>The index after the sentence that ends with the mark at <paramref name="at"/>, or 0.</summary>
    private static int EndAfter(string text, int start, int at)
    {
        if (text[at] is '。' or '！' or '？')
            return at + 1;
        if (text[at] is not ('.' or '!' or '?' or '…'))
            return 0;
        var end = at + 1;
        while (end < text.Length && Closing.Contains(text[end], StringComparison.Ordinal))
            end++;
        if (end == text.Length)
            return end;
        if (text[end] != ' ' || (end + 1 < text.Length && char.IsLower(text[end + 1])))
            return 0;
        // An initial, as in "J. Smith" or "U. S.", ends no sentence.
        var initial = text[at] == '.' && at > start && char.IsUpper(text[at - 1]) && (at - 1 == start || !char.IsLetterOrDigit(text[at - 2]));
        return initial ? 0 : end;
    }

    private static int CutBefore(string text, int start, int end)
    {
        var space = text.LastIndexOf(' ', end - 1, (end - start) / 2);
        if (space > start)
            return space + 1;
        return char.IsHighSurrogate(text[end - 1]) && end - 1 > start ? end - 1 : end;
    }
}
