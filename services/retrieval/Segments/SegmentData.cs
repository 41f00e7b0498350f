using Agents.Retrieval.Vectors;

namespace Agents.Retrieval.Segments;

/// <summary>
/// A segment in memory as it is built or merged. Passages are numbered from 0 in the order of their entries.
/// </summary>
/// <param name="Lengths">Terms of each passage.</param>
/// <param name="Details">Text and remainder of the vector of each passage.</param>
internal sealed record SegmentData(
    IReadOnlyList<Entry> Entries, ushort[] Lengths, TermTable Terms, VectorBlock Vectors, IReadOnlyList<Detail> Details, string? Model);

/// <summary>What only a hit needs to know of a passage.</summary>
/// <param name="Text">UTF-8.</param>
/// <param name="Remainder">What is lost of its vector by rounding to 8 bits, as 8 more bits; empty without a vector.</param>
internal sealed record Detail(byte[] Text, sbyte[] Remainder);
