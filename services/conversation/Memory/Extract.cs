using System.Text.RegularExpressions;
using Agents.Conversation.Sessions;

namespace Agents.Conversation.Memory;

/// <summary>
/// A summary without a model: the sentences in which the user states something that a later question may be about. It counts what tells
/// such sentences apart: numbers, names, the first person, words of wish and decision; questions and small talk score low.
/// </summary>
internal static partial class Extract
{
    private const int MaxSentence = 160;
    private const int Worth = 2;

    /// <summary>
    /// The summary with these exchanges added. One that grows too long is halved: the least telling of the oldest lines go first.
    /// </summary>
    public static string Extend(string summary, IReadOnlyList<Exchange> exchanges, int maxCharacters)
    {
        var lines = summary.Split('\n', StringSplitOptions.RemoveEmptyEntries).ToList();
        foreach (var sentence in exchanges.SelectMany(exchange => Pieces.Sentences(exchange.Input)).Where(sentence => Score(sentence) >= Worth))
        {
            var line = "- " + (sentence.Length > MaxSentence ? sentence[..MaxSentence] : sentence);
            if (!lines.Contains(line))
                lines.Add(line);
        }
        var size = lines.Sum(line => line.Length + 1);
        // Halved, and not just cut to size: so it has room for some blocks, and its beginning stays the same meanwhile.
        for (var goal = size > maxCharacters ? maxCharacters / 2 : maxCharacters; size > goal;)
        {
            // Of the older half, the first of those that tell least.
            var at = Enumerable.Range(0, (lines.Count + 1) / 2).MinBy(i => Score(lines[i]));
            size -= lines[at].Length + 1;
            lines.RemoveAt(at);
        }
        return string.Join('\n', lines);
    }

    internal static int Score(string sentence) =>
        Math.Min(2, Numbers().Count(sentence))
        + Math.Min(2, Names().Count(sentence))
        + (FirstPerson().IsMatch(sentence) ? 1 : 0)
        + (Telling().IsMatch(sentence) ? 1 : 0)
        - (sentence.EndsWith('?') ? 3 : 0)
        - (sentence.Length < 15 ? 2 : 0);

    [GeneratedRegex(@"\d+")]
    private static partial Regex Numbers();

    // Capitalised words other than the first.
    [GeneratedRegex(@"(?<=[\p{Ll}\d,;:]\s)\p{Lu}[\p{L}\p{N}]+")]
    private static partial Regex Names();

    [GeneratedRegex(@"\b(i|i'm|i've|my|mine|me|we|our|ours)\b", RegexOptions.IgnoreCase)]
    private static partial Regex FirstPerson();

    [GeneratedRegex(@"\b(name|called|prefer|like|love|hate|want|need|must|never|always|allergic|born|live|work|bought|order|decided|agreed|plan|deadline|moved|married|because|favou?rite|password|code|account|address)\w*\b", RegexOptions.IgnoreCase)]
    private static partial Regex Telling();
}
