using System.Globalization;
using System.Text.RegularExpressions;
using Agents.Inference.Completions;

namespace Agents.Inference.Providers.Extractive;

/// <summary>A passage as the system message lists it: <c>[number] Title: text</c>.</summary>
internal sealed record ListedPassage(int Number, string Title, string Text);

/// <summary>
/// Finds the passages of a request: in system (or developer) messages, the lines <c>[n] ...</c> after a line <c>Passages:</c>. A passage
/// is one line, so that nothing in its text can start another one or end the list.
/// </summary>
internal static partial class Passages
{
    private const string Heading = "Passages:";
    private const int MaxPassages = 100;
    private const int MaxLength = 20_000;

    public static IReadOnlyList<ListedPassage> In(IEnumerable<ChatMessage> messages) =>
    [
        .. messages.Where(message => message.Role is "system" or "developer").SelectMany(message => In(message.Text))
            .DistinctBy(passage => passage.Number).Take(MaxPassages),
    ];

    private static IEnumerable<ListedPassage> In(string message) => message.ReplaceLineEndings("\n").Split('\n')
        .SkipWhile(line => line.Trim() != Heading).Skip(1)
        .Select(line => Line().Match(line)).Where(match => match.Success).Select(From);

    private static ListedPassage From(Match line)
    {
        var number = int.Parse(line.Groups["number"].ValueSpan, CultureInfo.InvariantCulture);
        var rest = line.Groups["rest"].Value;
        var colon = rest.IndexOf(": ", StringComparison.Ordinal);
        var (title, text) = colon < 0 ? ("", rest) : (rest[..colon], rest[(colon + 2)..]);
        return new ListedPassage(number, title, text.Length > MaxLength ? text[..MaxLength] : text);
    }

    [GeneratedRegex(@"^\[(?<number>[0-9]{1,4})\] (?<rest>.+)$")]
    private static partial Regex Line();
}
