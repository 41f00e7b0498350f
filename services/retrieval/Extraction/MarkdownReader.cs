using System.Text;
using System.Text.RegularExpressions;
using Markdig;
using Markdig.Parsers.Inlines;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Agents.Retrieval.Extraction;

/// <summary>
/// Markdown's block structure as Markdig sees it; the marks within a line are removed here. Both Markdig's inline parser and, on
/// repetitive input, its block parser take quadratic time, so inlines are not its job and it gets a large document in pieces.
/// </summary>
internal static partial class MarkdownReader
{
    private const int MaxPiece = 32 * 1024;

    private static readonly MarkdownPipeline BlocksOnly = CreatePipeline();

    public static IReadOnlyList<Block> Read(string markdown)
    {
        var blocks = new BlockBuilder();
        for (var start = 0; start < markdown.Length;)
        {
            var length = PieceLength(markdown.AsSpan(start));
            MarkdownDocument piece;
            try
            {
                piece = Markdown.Parse(markdown.Substring(start, length), BlocksOnly);
            }
            catch (ArgumentException)
            {
                // Markdig refuses nesting beyond its depth limit; the words are still worth finding.
                return [.. blocks.Build(), .. PlainReader.Read(markdown[start..])];
            }
            foreach (var leaf in piece.Descendants<LeafBlock>())
                Add(leaf, blocks);
            start += length;
        }
        return blocks.Build();
    }

    private static void Add(LeafBlock leaf, BlockBuilder blocks)
    {
        if (leaf is LinkReferenceDefinition)
            return;
        var text = leaf.Inline is { } inlines
            ? string.Concat(inlines.Descendants<LiteralInline>().Select(inline => inline.Content.ToString()))
            : leaf.Lines.ToString();
        switch (leaf)
        {
            case HeadingBlock heading:
                blocks.Level = heading.Level;
                blocks.Add(WithoutMarks(text));
                break;
            case CodeBlock:
                blocks.Add(text);
                break;
            case HtmlBlock:
                foreach (var block in HtmlReader.Read(text))
                {
                    blocks.End();
                    blocks.Level = block.Level;
                    blocks.Add(block.Text);
                }
                break;
            default:
                blocks.Add(WithoutMarks(text));
                break;
        }
        blocks.End();
    }

    // Ends at a blank line when there is one in the second half, else at the end of a line, else anywhere but within a character.
    private static int PieceLength(ReadOnlySpan<char> rest)
    {
        if (rest.Length <= MaxPiece)
            return rest.Length;
        var window = rest[..MaxPiece];
        var blank = window.LastIndexOf("\n\n");
        if (blank > MaxPiece / 2)
            return blank + 2;
        var line = window.LastIndexOf('\n');
        if (line > MaxPiece / 2)
            return line + 1;
        return char.IsHighSurrogate(window[^1]) ? MaxPiece - 1 : MaxPiece;
    }

    private static string WithoutMarks(string text)
    {
        text = AutoLink().Replace(Link().Replace(text, "$1"), "$1");
        var kept = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var before = i > 0 ? text[i - 1] : ' ';
            var after = i + 1 < text.Length ? text[i + 1] : ' ';
            var mark = text[i] switch
            {
                '`' => true,
                '*' => !(before == ' ' && after == ' '),
                // Names contain underscores; only those at the edge of a word are marks.
                '_' => !(char.IsLetterOrDigit(before) && char.IsLetterOrDigit(after)),
                _ => false,
            };
            if (text[i] == '\\' && char.IsAscii(after) && char.IsPunctuation(after))
                kept.Append(text[++i]);
            else if (!mark)
                kept.Append(text[i]);
        }
        return kept.ToString();
    }

    private static MarkdownPipeline CreatePipeline()
    {
        var builder = new MarkdownPipelineBuilder();
        builder.InlineParsers.Clear();
        builder.InlineParsers.Add(new LiteralInlineParser());
        return builder.Build();
    }

    // These run without backtracking, so no input makes them slow.
    [GeneratedRegex(@"!?\[([^\[\]]*)\](?:\([^()]*\)|\[[^\[\]]*\])", RegexOptions.NonBacktracking)]
    private static partial Regex Link();

    [GeneratedRegex(@"<((?:https?|mailto):[^<>\s]*)>", RegexOptions.NonBacktracking)]
    private static partial Regex AutoLink();
}
