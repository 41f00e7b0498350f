using System.Text.RegularExpressions;

namespace Agents.Inference.Providers.Extractive;

/// <summary>A sentence of a passage, and what it stands under: the heading or the question before it.</summary>
internal sealed record Statement(string Text, string Heading);

/// <summary>
/// Takes the statements out of Markdown or plain text. Code, tables, headings and questions state nothing by themselves and are left
/// out, but a heading or a question tells what follows it. Lines end at line breaks or at <c>¶</c>, which stands for one where a text
/// had to become a single line.
/// </summary>
internal static partial class MarkdownText
{
    private const int MinLength = 8;
    private const int MaxLength = 600;

    public static IEnumerable<Statement> Statements(string text)
    {
        var heading = "";
        foreach (var (kind, block) in Blocks(CodeFence().Replace(text, "\n\n")))
        {
            if (kind == Kind.Heading)
            {
                heading = Plain(block);
                continue;
            }
            foreach (var raw in Sentences.Split(Plain(block)))
            {
                var sentence = ListMark().Replace(raw, "");
                if (sentence.EndsWith('?') || sentence.EndsWith('？'))
                    heading = sentence;
                else if (sentence.Length is >= MinLength and <= MaxLength && sentence.Any(char.IsLetter) && !IsTable(sentence))
                    yield return new Statement(sentence, heading);
            }
        }
    }

    private static IEnumerable<(Kind Kind, string Text)> Blocks(string text)
    {
        var paragraph = new List<string>();
        foreach (var line in text.Split(['\n', '¶']).Select(line => Quote().Replace(line, "").Trim()).Append(""))
        {
            var kind = KindOf(line);
            // A line underlined with dashes or equals signs is a heading.
            var underlined = kind == Kind.Rule && paragraph.Count == 1;
            if (kind != Kind.Prose && paragraph.Count > 0)
            {
                yield return (underlined ? Kind.Heading : Kind.Prose, string.Join(' ', paragraph));
                paragraph.Clear();
            }
            if (kind == Kind.Heading)
                yield return (kind, line);
            else if (kind is Kind.Prose or Kind.Item)
                paragraph.Add(line);
        }
    }

    // A table in a text without line breaks.
    private static bool IsTable(string sentence) => sentence.Count(c => c == '|') >= 3;

    private static Kind KindOf(string line) => line switch
    {
        "" => Kind.Blank,
        ['#', ..] => Kind.Heading,
        ['|', ..] => Kind.Table,
        _ when Rule().IsMatch(line) => Kind.Rule,
        _ when ListMark().IsMatch(line) => Kind.Item,
        _ => Kind.Prose,
    };

    // Numbers in square brackets go as well: a text must not bring citations of its own.
    private static string Plain(string block)
    {
        var text = ListMark().Replace(block, "");
        text = Image().Replace(text, "");
        text = Link().Replace(text, "$1");
        text = Marks().Replace(text, "");
        return Space().Replace(text, " ").Trim();
    }

    private enum Kind
    {
        Prose,
        Blank,
        Heading,
        Table,
        Rule,
        Item,
    }

    [GeneratedRegex(@"```.*?(```|\z)", RegexOptions.Singleline)]
    private static partial Regex CodeFence();

    [GeneratedRegex(@"^\s*(>\s?)+")]
    private static partial Regex Quote();

    [GeneratedRegex(@"^(-{3,}|={3,}|\*{3,}|_{3,})$")]
    private static partial Regex Rule();

    [GeneratedRegex(@"^\s*([-*+•]|[0-9]{1,3}[.)])\s+")]
    private static partial Regex ListMark();

    [GeneratedRegex(@"!\[[^\]\[]{0,500}\]\([^()\s]{0,2000}\)")]
    private static partial Regex Image();

    [GeneratedRegex(@"\[([^\]\[]{1,500})\]\([^()\s]{0,2000}(?:\s""[^""]{0,500}"")?\)")]
    private static partial Regex Link();

    // Tags, bracketed numbers, signs of headings, bold, code, emphasis at either end.
    [GeneratedRegex(
        @"<\/?[a-zA-Z!][^<>]{0,500}>|\[\^?[0-9]{1,4}\]|(?<=^|\s)#{1,6}\s|\*\*|__|`|(?<=^|\s)[*_](?=\S)|(?<=\S)[*_](?=\s|[.,;:!?]|$)")]
    private static partial Regex Marks();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
