using Agents.Conversation.Guardrails.Spans;

namespace Agents.Conversation.Guardrails.Personal;

/// <summary>E-mail addresses, also with letters beyond ASCII and with invisible characters in between.</summary>
internal sealed class EmailDetector : IDetector
{
    private const int MaxLocal = 64;
    private const int MaxDomain = 253;

    public Verdict Judge(ReadOnlySpan<char> before, ReadOnlySpan<char> here, bool end)
    {
        if (!Letters.IsWord(here[0]) || Letters.EndsInWord(before))
            return Verdict.None;
        var at = 0;
        while (at < here.Length && at <= MaxLocal && IsLocal(here[at]))
            at++;
        if (at > MaxLocal)
            return Verdict.None;
        if (at == here.Length)
            return end ? Verdict.None : Verdict.More;
        return here[at] is '@' or '\uFF20' ? DomainAt(here, at + 1, end) : Verdict.None;
    }

    private static Verdict DomainAt(ReadOnlySpan<char> here, int from, bool end)
    {
        // The address ends with the last label that can be a top-level domain.
        int at = from, label = from, last = 0;
        for (; at < here.Length && at - from <= MaxDomain; at++)
        {
            var c = here[at];
            if (c == '.' && at > label)
            {
                if (label > from && IsTop(here[label..at]))
                    last = at;
                label = at + 1;
            }
            else if (!Letters.IsWord(c) && c != '-' && !Letters.IsInvisible(c))
            {
                break;
            }
        }
        if (at == here.Length && !end)
            return Verdict.More;
        if (label > from && at > label && IsTop(here[label..at]))
            last = at;
        return last > 0 ? Verdict.Found(last, PersonalKinds.Email) : Verdict.None;
    }

    private static bool IsTop(ReadOnlySpan<char> label)
    {
        var letters = 0;
        foreach (var c in label)
            letters += char.IsLetter(c) ? 1 : 0;
        return letters >= 2 && label.Length <= 24;
    }

    private static bool IsLocal(char c) => Letters.IsWord(c) || c is '.' or '_' or '%' or '+' or '-' or '\'' || Letters.IsInvisible(c);
}
