using Agents.Conversation.Guardrails.Spans;

namespace Agents.Conversation.Guardrails.Personal;

/// <summary>Addresses on the web.</summary>
internal sealed class WebAddressDetector : IDetector
{
    private static readonly string[] Beginnings = ["https://", "http://", "ftp://", "www."];

    public Verdict Judge(ReadOnlySpan<char> before, ReadOnlySpan<char> here, bool end)
    {
        if (!char.IsAsciiLetter(here[0]) || Letters.EndsInWord(before))
            return Verdict.None;
        foreach (var beginning in Beginnings)
        {
            var shown = beginning.AsSpan(0, Math.Min(beginning.Length, here.Length));
            if (!here.StartsWith(shown, StringComparison.OrdinalIgnoreCase))
                continue;
            if (here.Length <= beginning.Length)
                return end ? Verdict.None : Verdict.More;
            return Letters.IsWord(here[beginning.Length])
                ? AddressAt(here, end)
                : Verdict.None;
        }
        return Verdict.None;
    }

    private static Verdict AddressAt(ReadOnlySpan<char> here, bool end)
    {
        var length = 0;
        while (length < here.Length && Belongs(here[length]))
            length++;
        if (length == here.Length && !end)
            return Verdict.More;
        // The mark at the end belongs to the sentence.
        return Verdict.Found(here[..length].TrimEnd(".,;:!?*_").Length, PersonalKinds.WebAddress);
    }

    private static bool Belongs(char c) => !char.IsWhiteSpace(c) && c is not ('<' or '>' or '"' or '\'' or ')' or ']' or '}' or '|' or '`');
}
