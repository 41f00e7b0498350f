using Agents.Conversation.Guardrails.Spans;

namespace Agents.Conversation.Guardrails.Egress;

/// <summary>
/// Finds keys and tokens by the forms that their issuers publish, passwords in addresses, private keys, and long values that are assigned to
/// a name such as <c>api_key</c>.
/// </summary>
internal sealed class SecretDetector : IDetector
{
    private const string Kind = "secret";
    private const int MinAssigned = 16;
    private const string PrivateKey = "-----BEGIN ";

    private static readonly (string Prefix, int Least)[] Tokens =
    [
        ("sk-", 20), ("sk_live_", 16), ("sk_test_", 16), ("rk_live_", 16), ("whsec_", 20), ("AKIA", 16), ("ASIA", 16), ("ghp_", 30), ("gho_", 30),
        ("ghu_", 30), ("ghs_", 30), ("ghr_", 30), ("github_pat_", 22), ("glpat-", 20), ("xoxb-", 10), ("xoxp-", 10), ("xoxa-", 10), ("xoxs-", 10),
        ("xapp-", 10), ("AIza", 30), ("ya29.", 20), ("npm_", 30), ("hf_", 30), ("SG.", 20), ("eyJ", 30),
    ];

    private static readonly string[] Names = ["secret", "password", "passwd", "api_key", "apikey", "api-key", "api key", "access_key", "accesskey", "accountkey", "access_token", "auth_token", "bearer"];

    public Verdict Judge(ReadOnlySpan<char> before, ReadOnlySpan<char> here, bool end)
    {
        var first = here[0];
        if (first == '-')
            return PrivateKeyAt(here, end);
        if (first == ':')
            return PasswordAt(before, here, end);
        if (!char.IsAsciiLetterOrDigit(first) || (before.Length > 0 && (char.IsAsciiLetterOrDigit(before[^1]) || before[^1] is '-' or '_')))
            return Verdict.None;
        foreach (var (prefix, least) in Tokens)
        {
            if (!StartsWith(here, prefix, out var undecided))
            {
                if (undecided && !end)
                    return Verdict.More;
                continue;
            }
            var verdict = TokenAt(here, prefix.Length, least, end);
            if (verdict.Undecided || verdict.Length > 0)
                return verdict;
        }
        return IsAssigned(before) ? TokenAt(here, 0, MinAssigned, end) : Verdict.None;
    }

    /// <summary>A token with a digit in it, to its end.</summary>
    private static Verdict TokenAt(ReadOnlySpan<char> here, int from, int least, bool end)
    {
        var length = from;
        while (length < here.Length && IsToken(here[length]))
            length++;
        if (length == here.Length && !end)
            return Verdict.More;
        return length - from >= least && here[..length].IndexOfAnyInRange('0', '9') >= 0 ? Found(length) with { Rest = IsToken } : Verdict.None;
    }

    private static Verdict PrivateKeyAt(ReadOnlySpan<char> here, bool end)
    {
        if (!StartsWith(here, PrivateKey, out var undecided))
            return undecided && !end ? Verdict.More : Verdict.None;
        var line = here[PrivateKey.Length..];
        var close = line.IndexOf("-----", StringComparison.Ordinal);
        if (close < 0)
            return line.Length < 60 && !end ? Verdict.More : Verdict.None;
        return close < 60 && line[..close].EndsWith("PRIVATE KEY", StringComparison.Ordinal)
            ? Found(PrivateKey.Length + close + 5) with { Rest = ToEndOfKey() }
            : Verdict.None;
    }

    /// <summary>The lines of a key and the line that ends it.</summary>
    private static Func<char, bool> ToEndOfKey()
    {
        var dashes = 0;
        return c =>
        {
            if (dashes == 10)
                return false;
            dashes += c == '-' ? 1 : 0;
            return IsToken(c) || c is ' ' or '\r' or '\n' or ':' or ',' or '\\';
        };
    }

    /// <summary><c>://name:password@</c></summary>
    private static Verdict PasswordAt(ReadOnlySpan<char> before, ReadOnlySpan<char> here, bool end)
    {
        if (before.Length == 0 || !char.IsAsciiLetterOrDigit(before[^1]))
            return Verdict.None;
        if (!StartsWith(here, "://", out var undecided))
            return undecided && !end ? Verdict.More : Verdict.None;
        var colon = 0;
        for (var at = 3; at < Math.Min(here.Length, 200); at++)
        {
            var c = here[at];
            if (c == '@')
                return colon > 3 && at > colon + 1 ? new Verdict(false, at + 1, Kind, "://[secret]@") : Verdict.None;
            if (c == ':' && colon == 0)
                colon = at;
            if (char.IsWhiteSpace(c) || c is '/' or '"' or '\'' or ')' or '>')
                return Verdict.None;
        }
        return here.Length < 200 && !end ? Verdict.More : Verdict.None;
    }

    private static bool IsAssigned(ReadOnlySpan<char> before)
    {
        var name = before.TrimEnd(" \"'`");
        if (name.Length > 0 && name[^1] is ':' or '=')
            name = name[..^1].TrimEnd(" \"'`*");
        else if (!name.EndsWith("bearer", StringComparison.OrdinalIgnoreCase))
            return false;
        name = name[^Math.Min(16, name.Length)..];
        foreach (var known in Names)
        {
            if (name.Contains(known, StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return false;
    }

    private static bool StartsWith(ReadOnlySpan<char> here, string prefix, out bool undecided)
    {
        undecided = here.Length < prefix.Length && prefix.AsSpan().StartsWith(here, StringComparison.Ordinal);
        return here.StartsWith(prefix, StringComparison.Ordinal);
    }

    private static Verdict Found(int length) => Verdict.Found(length, Kind);

    private static bool IsToken(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/' or '+' or '=';
}
