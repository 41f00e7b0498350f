using AngleSharp.Html;
using AngleSharp.Html.Parser;
using AngleSharp.Html.Parser.Tokens;
using AngleSharp.Text;

namespace Agents.Retrieval.Extraction;

/// <summary>
/// HTML by its tokens alone. No tree is built: text and headings do not need one, and a tree of hostile markup costs quadratic time
/// and deep recursion.
/// </summary>
internal static class HtmlReader
{
    // Elements within a line of text; every other tag ends a block.
    private static readonly HashSet<string> Inline = new(StringComparer.Ordinal)
    {
        "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "img", "ins", "kbd", "label",
        "mark", "q", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
    };

    // Elements whose content is no text of the document, and how the tokeniser must read it to find its end.
    private static readonly Dictionary<string, HtmlParseMode> Skipped = new(StringComparer.Ordinal)
    {
        ["script"] = HtmlParseMode.Script,
        ["style"] = HtmlParseMode.Rawtext,
        ["iframe"] = HtmlParseMode.Rawtext,
        ["noembed"] = HtmlParseMode.Rawtext,
        ["noframes"] = HtmlParseMode.Rawtext,
        ["title"] = HtmlParseMode.RCData,
        ["textarea"] = HtmlParseMode.RCData,
    };

    public static IReadOnlyList<Block> Read(string html)
    {
        var blocks = new BlockBuilder();
        using var source = new TextSource(html);
        using var tokens = new HtmlTokenizer(source, HtmlEntityProvider.Resolver) { DisableElementPositionTracking = true };
        string? skipping = null;
        while (tokens.Get() is { Type: not HtmlTokenType.EndOfFile } token)
        {
            if (token.Type == HtmlTokenType.StartTag && skipping is null)
                skipping = Open(token, tokens, blocks);
            else if (token.Type == HtmlTokenType.EndTag)
                skipping = Close(token.Name, skipping, blocks);
            else if (token.Type == HtmlTokenType.Character && skipping is null)
                blocks.Add(token.Data);
        }
        return blocks.Build();
    }

    private static string? Open(HtmlToken token, HtmlTokenizer tokens, BlockBuilder blocks)
    {
        if (Skipped.TryGetValue(token.Name, out var mode))
        {
            tokens.State = mode;
            return token.Name;
        }
        Break(token.Name, blocks);
        blocks.Level = HeadingLevel(token.Name) is var level and > 0 ? level : blocks.Level;
        return null;
    }

    private static string? Close(string name, string? skipping, BlockBuilder blocks)
    {
        if (skipping is not null)
            return name == skipping ? null : skipping;
        Break(name, blocks);
        return null;
    }

    private static void Break(string tag, BlockBuilder blocks)
    {
        // Cells of a row stay together, apart from each other; a broken line does not end a heading.
        if (tag is "td" or "th" or "br")
            blocks.Add(" ");
        else if (!Inline.Contains(tag))
            blocks.End();
    }

    private static int HeadingLevel(string tag) => tag is ['h', >= '1' and <= '6'] ? tag[1] - '0' : 0;
}
