using Agents.Retrieval.Chunking;
using Agents.Retrieval.Extraction;
using Agents.Retrieval.Lexical;

namespace Agents.Retrieval.Indexing;

/// <summary>Text to segment: the same text always gives the same segment, so that indexing twice does no harm.</summary>
internal static class SegmentBuilder
{
    /// <summary>A segment without chunks when there is no text to be found.</summary>
    public static Segment Build(string document, int revision, SegmentHeader header, string contentType, string text)
    {
        var chunks = Chunker.Split(header.Title, TextExtractor.Extract(contentType, text));
        return new Segment(
            document, revision, header, [.. chunks.Select(chunk => new SegmentChunk(chunk.Ordinal, chunk.Text, TermsOf(header.Title, chunk)))]);
    }

    // A title's words count in each passage: that is its weight, without fields.
    private static Dictionary<string, int> TermsOf(string title, Chunk chunk) =>
        Tokenizer.Count(Tokenizer.Terms($"{title}\n{chunk.Headings}\n{chunk.Text}"));
}
