using System.Globalization;
using System.Text;
using Agents.Conversation.Guardrails.Spans;

namespace Agents.Conversation.Guardrails.Egress;

/// <summary>The forms in which a protected text is recognised. A paraphrase is none of them: no filter finds that.</summary>
internal static class ProtectedText
{
    private const string Kind = "secret";

    // Turned around, a shorter word is another word.
    private const int MinTurned = 5;

    // Fewer characters of base64 stand in ordinary words too.
    private const int MinBase64 = 6;

    public static IEnumerable<PhraseDetector.Phrase> Forms(string text)
    {
        var plain = PhraseDetector.Phrase.Of(text, Kind);
        yield return plain;
        if (plain.Letters.Length >= MinTurned)
        {
            yield return plain with { Letters = new string([.. plain.Letters.Reverse()]) };
            yield return plain with { Letters = string.Concat(plain.Letters.Select(Rotate)) };
        }
        foreach (var form in ((string[])[text, text.ToLowerInvariant(), text.ToUpperInvariant()]).Distinct())
        {
            yield return PhraseDetector.Phrase.Of(Convert.ToHexString(Encoding.UTF8.GetBytes(form)), Kind);
            yield return PhraseDetector.Phrase.Of(string.Concat(form.Select(c => ((int)c).ToString(CultureInfo.InvariantCulture))), Kind);
            foreach (var core in Base64(form).Where(core => core.Length >= MinBase64))
                yield return new PhraseDetector.Phrase(core, Kind, Exact: true);
        }
    }

    /// <summary>What is the same in the base64 of anything that holds the text, by where in a group of three bytes it begins.</summary>
    private static IEnumerable<string> Base64(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var offset = 0; offset < 3; offset++)
        {
            var encoded = Convert.ToBase64String([.. new byte[offset], .. bytes]);
            // A character holds six bits; those that it shares with a neighbour are not known.
            var from = ((8 * offset) + 5) / 6;
            var to = 8 * (offset + bytes.Length) / 6;
            if (to > from)
                yield return encoded[from..to];
        }
    }

    private static char Rotate(char c) => char.IsAsciiLetterLower(c) ? (char)('a' + ((c - 'a' + 13) % 26)) : c;
}
