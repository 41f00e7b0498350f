using System.Text;
using System.Text.RegularExpressions;
using Agents.Conversation.Guardrails.Spans;

namespace Agents.Conversation.Guardrails.Injection;

/// <summary>What a text was judged by.</summary>
/// <param name="Score">1 or more: taken for an injection.</param>
/// <param name="Kinds">The rules that spoke, each once.</param>
/// <param name="Spans">Where they did.</param>
internal sealed record InjectionVerdict(double Score, IReadOnlyList<string> Kinds, IReadOnlyList<Range> Spans)
{
    public static InjectionVerdict Clean { get; } = new(0, [], []);

    public bool IsInjection => Score >= 1;
}

/// <summary>
/// Judges whether a text gives the model orders of its own. Words can always be chosen so that no such judge notices: it is a hint and a
/// signal, and nothing that must not happen may rest on it. Time is linear in the text: no expression backtracks.
/// </summary>
internal static partial class InjectionDetector
{
    /// <summary>What lies beyond is judged as texts of their own.</summary>
    public const int MaxCharacters = 16_000;

    private const RegexOptions Linear = RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.Multiline;
    private const int MaxEncoded = 4_000;
    private const int MinPairs = 3;

    // Who encodes an order has something to hide: a sign of it is enough.
    private const double Disguised = 0.5;
    private const int MinRepeats = 6;

    private static readonly Regex PairForm = new(
        @"\b(?:Q|Question|User|Human)\s?:[^\n]{3,300}?\b(?:A|Answer|Assistant|AI)\s?:", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    private static readonly Lazy<(string Name, double Weight, Regex Pattern)[]> Rules =
        new(() => [.. InjectionRules.All.Select(rule => (rule.Name, rule.Weight, new Regex(rule.Pattern, Linear)))]);

    public static InjectionVerdict Judge(string text) => text.Length <= MaxCharacters
        ? Judge(text, decode: true)
        : text.Chunk(MaxCharacters).Select(part => Judge(new string(part), decode: true)).MaxBy(verdict => verdict.Score)!;

    private static InjectionVerdict Judge(string text, bool decode)
    {
        var plain = Plain(text);
        var spoken = new List<(string Name, double Weight, Range Span)>();
        foreach (var (name, weight, pattern) in Rules.Value)
        {
            if (pattern.Match(plain) is { Success: true } match)
                spoken.Add((name, weight, match.Index..(match.Index + match.Length)));
        }
        if (PairForm.Count(plain) >= MinPairs)
            spoken.Add(("examples", 0.7, 0..0));
        if (MostRepeats(plain) >= MinRepeats)
            spoken.Add(("repetition", 1, 0..0));
        if (decode && Encoded().Matches(plain).Any(match => Judge(Decode(match.Value), decode: false).Score >= Disguised))
            spoken.Add(("encoded", 1, 0..0));
        // Two signs of the same kind are one sign.
        var score = spoken.GroupBy(sign => sign.Name).Sum(same => same.Max(sign => sign.Weight));
        return spoken.Count == 0
            ? InjectionVerdict.Clean
            : new InjectionVerdict(score, [.. spoken.Select(sign => sign.Name).Distinct()], [.. spoken.Select(sign => sign.Span).Where(span => !span.Equals(0..0))]);
    }

    /// <summary>The same length as the text, so that places stay: invisible characters and odd quotes become plain ones, blanks one kind.</summary>
    private static string Plain(string text) => string.Create(text.Length, text, (span, from) =>
    {
        for (var i = 0; i < from.Length; i++)
        {
            var c = from[i];
            span[i] = Letters.IsBlank(c) ? ' '
                : c is '\u2018' or '\u2019' or '\u02BC' ? '\''
                : c is >= '\uFF01' and <= '\uFF5E' ? (char)(c - 0xFEE0)
                : c;
        }
    });

    private static string Decode(string base64)
    {
        var bytes = new byte[base64.Length];
        var whole = base64[..(base64.Length / 4 * 4)];
        return Convert.TryFromBase64String(whole, bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, Math.Min(length, MaxEncoded)) : "";
    }

    /// <summary>How often the most frequent three words in a row come.</summary>
    private static int MostRepeats(string text)
    {
        var words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var counts = new Dictionary<(string, string, string), int>();
        var most = 0;
        for (var i = 2; i < words.Length; i++)
        {
            var key = (words[i - 2], words[i - 1], words[i]);
            counts[key] = counts.GetValueOrDefault(key) + 1;
            most = Math.Max(most, counts[key]);
        }
        return most;
    }

    [GeneratedRegex("[A-Za-z0-9+/]{20,}={0,2}", RegexOptions.CultureInvariant)]
    private static partial Regex Encoded();
}
