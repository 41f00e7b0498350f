namespace Agents.Retrieval.Chunking;

/// <summary>One readable passage of a document.</summary>
/// <param name="Ordinal">Its place in the document, from 1.</param>
/// <param name="Headings">The headings above it, outermost first, as one line; searched with the text.</param>
/// <param name="Text">What is shown.</param>
internal sealed record Chunk(int Ordinal, string Headings, string Text);
