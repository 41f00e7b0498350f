using Agents.Retrieval.Chunking;
using Agents.Retrieval.Extraction;
using Agents.Retrieval.Lexical;
using Agents.Retrieval.Segments;

namespace Agents.Retrieval.Ingestion;

/// <summary>Text to passages with their terms: the same text always gives the same, so that indexing twice does no harm.</summary>
internal static class Preparation
{
    /// <summary>None when there is no text to be found.</summary>
    public static IReadOnlyList<PreparedChunk> Chunks(string title, string contentType, string text, string language) =>
        [.. Chunker.Split(title, TextExtractor.Extract(contentType, text)).Select(
            // A title's words count in each passage: that is its weight, without fields.
            chunk => new PreparedChunk(chunk.Text, Tokenizer.Count(Tokenizer.Terms($"{title}\n{chunk.Headings}\n{chunk.Text}", language)), null))];

    public static PreparedDocument Document(
        string id, int revision, EntryHeader header, int bytes, IReadOnlyList<PreparedChunk> chunks, DateTimeOffset now) => new(
            new Entry(EntryKind.Ready, id, revision, header, bytes, chunks.Count, chunks.Sum(chunk => (long)chunk.Terms.Values.Sum()), now.ToUnixTimeSeconds()),
            chunks);
}
