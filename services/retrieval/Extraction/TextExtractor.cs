namespace Agents.Retrieval.Extraction;

/// <summary>
/// Documents to blocks. Each reader takes any input in time that grows with its length, and in bounded depth: what a document looks
/// like is up to whoever uploads it.
/// </summary>
internal static class TextExtractor
{
    public const string Plain = "text/plain";
    public const string Markdown = "text/markdown";
    public const string Html = "text/html";

    public static IReadOnlyList<string> ContentTypes { get; } = [Plain, Markdown, Html];

    /// <summary>The blocks of a document of one of <see cref="ContentTypes"/>; none when it holds no text.</summary>
    public static IReadOnlyList<Block> Extract(string contentType, string text) => contentType switch
    {
        Html => HtmlReader.Read(text),
        Markdown => MarkdownReader.Read(text),
        _ => PlainReader.Read(text),
    };
}

/// <summary>Paragraphs are parted by blank lines.</summary>
internal static class PlainReader
{
    public static IReadOnlyList<Block> Read(string text)
    {
        var blocks = new BlockBuilder();
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (line.IsWhiteSpace())
                blocks.End();
            blocks.Add(line);
            blocks.Add(" ");
        }
        return blocks.Build();
    }
}
