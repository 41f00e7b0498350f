using Agents.Conversation.Guardrails.Spans;

namespace Agents.Conversation.Guardrails.Egress;

/// <summary>
/// Finds whatever leads to a host that is not allowed: addresses with a scheme (as a browser would read them, so also <c>https:\\host</c>),
/// <c>//host</c>, <c>www.host</c>, scripts and data in an address, and targets of Markdown and HTML that hide what they are.
/// </summary>
internal sealed class LinkDetector(IReadOnlyList<string> allowedHosts) : IDetector
{
    private const string Kind = "link";
    private const string Mask = "[link removed]";
    private const int LongestEntity = 12;

    private static readonly string[] Schemes = ["https:", "http:", "ftp:", "wss:", "ws:", "www."];
    private static readonly string[] Never = ["javascript:", "vbscript:", "data:", "file:", "blob:"];
    private static readonly string[] Targets = ["](", "](<", "src=\"", "src='", "src=", "href=\"", "href='", "href=", "]:"];

    public Verdict Judge(ReadOnlySpan<char> before, ReadOnlySpan<char> here, bool end)
    {
        var first = here[0];
        if (first is '/' or '\\')
            return SlashesAt(before, here, end);
        if (first is '&' or '%' || char.IsAsciiLetter(first))
        {
            if (IsTarget(before))
            {
                var hidden = HiddenAt(here, end);
                if (hidden.Undecided || hidden.Length > 0)
                    return hidden;
            }
            return char.IsAsciiLetter(first) && !Letters.EndsInWord(before) ? SchemeAt(here, end) : Verdict.None;
        }
        return Verdict.None;
    }

    private Verdict SchemeAt(ReadOnlySpan<char> here, bool end)
    {
        foreach (var scheme in Never)
        {
            if (Starts(here, scheme, end) is not { } starts)
                return Verdict.More;
            if (!starts)
                continue;
            if (here.Length == scheme.Length && !end)
                return Verdict.More;
            // "data: the following" is a sentence.
            return here.Length > scheme.Length && !char.IsWhiteSpace(here[scheme.Length]) ? Found(Length(here)) : Verdict.None;
        }
        foreach (var scheme in Schemes)
        {
            if (Starts(here, scheme, end) is not { } starts)
                return Verdict.More;
            if (!starts)
                continue;
            var host = scheme.Length;
            while (host < here.Length && here[host] is '/' or '\\')
                host++;
            if (host == here.Length && !end)
                return Verdict.More;
            // "http: a protocol" is a sentence too.
            if (scheme[^1] == ':' && (host == scheme.Length || host == here.Length))
                return Verdict.None;
            return HostAt(here, scheme[^1] == ':' ? host : 0, end);
        }
        return Verdict.None;
    }

    private Verdict SlashesAt(ReadOnlySpan<char> before, ReadOnlySpan<char> here, bool end)
    {
        if (before.Length > 0 && !char.IsWhiteSpace(before[^1]) && before[^1] is not ('(' or '"' or '\'' or '=' or '<' or '>' or '['))
            return Verdict.None;
        if (here.Length == 1)
            return end ? Verdict.None : Verdict.More;
        var host = 0;
        while (host < here.Length && here[host] is '/' or '\\')
            host++;
        if (host < 2)
            return Verdict.None;
        if (host == here.Length)
            return end ? Verdict.None : Verdict.More;
        // "// a comment" leads nowhere: a host has a dot.
        var authority = Authority(here, host, end, out var undecided);
        if (undecided)
            return Verdict.More;
        return authority.Contains('.') && Letters.IsWord(here[host]) ? HostAt(here, host, end) : Verdict.None;
    }

    /// <summary>A target with characters in it that a renderer turns into others before it looks for the scheme.</summary>
    private static Verdict HiddenAt(ReadOnlySpan<char> here, bool end)
    {
        for (var at = 0; at < here.Length; at++)
        {
            var c = here[at];
            if (c == '&')
            {
                // An entity, such as &#104; for h.
                var rest = here[at..Math.Min(here.Length, at + LongestEntity)];
                if (rest.Length < LongestEntity && rest.IndexOf(';') < 0 && !end)
                    return Verdict.More;
                if (rest.IndexOf(';') > 0)
                    return Found(Length(here));
            }
            if (c == '\\')
                return Found(Length(here));
            if (c is ':' or '/' or '?' or '#' or ')' or '>' or '"' or '\'' || char.IsWhiteSpace(c))
                return Verdict.None;
        }
        return end ? Verdict.None : Verdict.More;
    }

    private Verdict HostAt(ReadOnlySpan<char> here, int from, bool end)
    {
        var authority = Authority(here, from, end, out var undecided);
        if (undecided)
            return Verdict.More;
        return IsAllowed(authority) ? Verdict.None : Found(Length(here));
    }

    private static ReadOnlySpan<char> Authority(ReadOnlySpan<char> here, int from, bool end, out bool undecided)
    {
        var to = from;
        while (to < here.Length && !EndsAddress(here[to]) && here[to] is not ('/' or '\\' or '?' or '#'))
            to++;
        undecided = to == here.Length && !end;
        return here[from..to];
    }

    private bool IsAllowed(ReadOnlySpan<char> authority)
    {
        // Whoever writes a name before the host means to mislead.
        if (authority.IndexOfAny("@%") >= 0)
            return false;
        var port = authority.IndexOf(':');
        var host = (port >= 0 ? authority[..port] : authority).TrimEnd(".,;!");
        foreach (var allowed in allowedHosts)
        {
            if (host.Equals(allowed, StringComparison.OrdinalIgnoreCase)
                || (host.Length > allowed.Length && host[^(allowed.Length + 1)] == '.' && host.EndsWith(allowed, StringComparison.OrdinalIgnoreCase)))
            {
                return true;
            }
        }
        return false;
    }

    private static bool IsTarget(ReadOnlySpan<char> before)
    {
        before = before.TrimEnd();
        foreach (var target in Targets)
        {
            if (before.EndsWith(target, StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return false;
    }

    /// <summary>Null when too little is shown to tell.</summary>
    private static bool? Starts(ReadOnlySpan<char> here, string with, bool end)
    {
        if (here.Length >= with.Length)
            return here.StartsWith(with, StringComparison.OrdinalIgnoreCase);
        return !end && with.AsSpan().StartsWith(here, StringComparison.OrdinalIgnoreCase) ? null : false;
    }

    // The rest goes the same way, also beyond what is held back.
    private static Verdict Found(int length) => new(false, length, Kind, Mask, c => !EndsAddress(c));

    private static int Length(ReadOnlySpan<char> here)
    {
        var length = 0;
        while (length < here.Length && !EndsAddress(here[length]))
            length++;
        return length;
    }

    private static bool EndsAddress(char c) => char.IsWhiteSpace(c) || c is ')' or '>' or '<' or '"' or '\'' or '`' or ']' or '}' or '|';
}
