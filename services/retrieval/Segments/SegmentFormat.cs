using System.Runtime.InteropServices;
using System.Text;
using Agents.Retrieval.Vectors;

namespace Agents.Retrieval.Segments;

/// <summary>
/// A segment as bytes, in three parts that are loaded at different times: the table of entries, what every search reads, and the details
/// of hits. Numbers are little-endian; postings are differences in variable length.
/// </summary>
internal static class SegmentFormat
{
    private const byte Version = 1;

    public static byte[] WriteTable(IReadOnlyList<Entry> entries) => Write(writer =>
    {
        writer.Write7BitEncodedInt(entries.Count);
        foreach (var entry in entries)
        {
            writer.Write((byte)entry.Kind);
            writer.Write(entry.Document);
            writer.Write7BitEncodedInt(entry.Revision);
            writer.Write7BitEncodedInt64(entry.At);
            if (entry.Kind != EntryKind.Ready)
                continue;
            writer.Write7BitEncodedInt(entry.Bytes);
            writer.Write7BitEncodedInt(entry.Chunks);
            writer.Write7BitEncodedInt64(entry.Length);
            writer.Write(entry.Header!.Title);
            writer.Write(entry.Header.Flagged);
            writer.Write7BitEncodedInt(entry.Header.Metadata.Count);
            foreach (var (name, value) in entry.Header.Metadata)
            {
                writer.Write(name);
                writer.Write(value);
            }
            writer.Write7BitEncodedInt(entry.Header.Principals.Count);
            foreach (var principal in entry.Header.Principals)
                writer.Write(principal);
        }
    });

    public static IReadOnlyList<Entry> ReadTable(byte[] bytes)
    {
        using var reader = Open(bytes);
        var entries = new Entry[reader.Read7BitEncodedInt()];
        for (var i = 0; i < entries.Length; i++)
        {
            var (kind, document, revision, at) = ((EntryKind)reader.ReadByte(), reader.ReadString(), reader.Read7BitEncodedInt(), reader.Read7BitEncodedInt64());
            entries[i] = kind == EntryKind.Ready
                ? ReadReady(reader, new Entry(kind, document, revision, null, reader.Read7BitEncodedInt(), reader.Read7BitEncodedInt(), reader.Read7BitEncodedInt64(), at))
                : new Entry(kind, document, revision, null, 0, 0, 0, at);
        }
        return entries;
    }

    /// <summary>Lengths, postings, vectors, and the number of passages on each page of details.</summary>
    public static byte[] WriteHot(SegmentData segment, IReadOnlyList<int> chunksPerPage) => Write(writer =>
    {
        WriteArray<int>(writer, [.. chunksPerPage]);
        WriteArray(writer, segment.Lengths);
        var terms = segment.Terms;
        WriteArray(writer, terms.Text);
        writer.Write7BitEncodedInt(terms.Count);
        for (var term = 0; term < terms.Count; term++)
        {
            writer.Write7BitEncodedInt(terms.TextEnd[term]);
            writer.Write7BitEncodedInt(terms.End[term] - terms.Start(term));
            var before = 0;
            for (var i = terms.Start(term); i < terms.End[term]; i++)
            {
                // Most terms occur once in a passage, so that needs no number of its own.
                var once = terms.Occurrences[i] == 1;
                writer.Write7BitEncodedInt(((terms.Chunks[i] - before) << 1) | (once ? 1 : 0));
                if (!once)
                    writer.Write7BitEncodedInt(terms.Occurrences[i]);
                before = terms.Chunks[i];
            }
        }
        var vectors = segment.Vectors;
        writer.Write7BitEncodedInt(vectors.Dimensions);
        WriteArray(writer, vectors.Order);
        WriteArray(writer, vectors.Scales);
        WriteArray(writer, vectors.Codes);
        WriteArray(writer, vectors.Coarse?.End ?? []);
        WriteArray(writer, vectors.Coarse?.Scales ?? []);
        WriteArray(writer, vectors.Coarse?.Centres ?? []);
    });

    public static HotPart ReadHot(byte[] bytes)
    {
        using var reader = Open(bytes);
        var chunksPerPage = ReadArray<int>(reader);
        var lengths = ReadArray<ushort>(reader);
        var text = ReadArray<byte>(reader);
        var (textEnd, end) = (new int[reader.Read7BitEncodedInt()], Array.Empty<int>());
        end = new int[textEnd.Length];
        var (chunks, occurrences) = (new List<int>(lengths.Length * 32), new List<ushort>(lengths.Length * 32));
        for (var term = 0; term < end.Length; term++)
        {
            textEnd[term] = reader.Read7BitEncodedInt();
            end[term] = chunks.Count + reader.Read7BitEncodedInt();
            for (var before = 0; chunks.Count < end[term];)
            {
                var packed = reader.Read7BitEncodedInt();
                chunks.Add(before += packed >> 1);
                occurrences.Add((packed & 1) == 1 ? (ushort)1 : (ushort)reader.Read7BitEncodedInt());
            }
        }
        var dimensions = reader.Read7BitEncodedInt();
        var (order, scales, codes) = (ReadArray<int>(reader), ReadArray<float>(reader), ReadArray<sbyte>(reader));
        var (cellEnd, cellScales, centres) = (ReadArray<int>(reader), ReadArray<float>(reader), ReadArray<sbyte>(reader));
        return new HotPart(
            chunksPerPage, lengths, new TermTable(text, textEnd, end, [.. chunks], [.. occurrences]),
            new VectorBlock(dimensions, order, scales, codes, cellEnd.Length == 0 ? null : new CoarseIndex(centres, cellScales, cellEnd)));
    }

    public static byte[] WriteDetails(IReadOnlyList<Detail> details) => Write(writer =>
    {
        writer.Write7BitEncodedInt(details.Count);
        foreach (var detail in details)
        {
            WriteArray(writer, detail.Text);
            WriteArray(writer, detail.Remainder);
        }
    });

    public static Detail[] ReadDetails(byte[] bytes)
    {
        using var reader = Open(bytes);
        var details = new Detail[reader.Read7BitEncodedInt()];
        for (var i = 0; i < details.Length; i++)
            details[i] = new Detail(ReadArray<byte>(reader), ReadArray<sbyte>(reader));
        return details;
    }

    private static Entry ReadReady(BinaryReader reader, Entry entry)
    {
        var (title, flagged) = (reader.ReadString(), reader.ReadBoolean());
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var count = reader.Read7BitEncodedInt(); count > 0; count--)
            metadata.Add(reader.ReadString(), reader.ReadString());
        var principals = new string[reader.Read7BitEncodedInt()];
        for (var i = 0; i < principals.Length; i++)
            principals[i] = reader.ReadString();
        return entry with { Header = new EntryHeader(title, metadata, principals, flagged) };
    }

    private static byte[] Write(Action<BinaryWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Version);
            write(writer);
        }
        return stream.ToArray();
    }

    private static BinaryReader Open(byte[] bytes)
    {
        var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
        return reader.ReadByte() == Version ? reader : throw new InvalidDataException("A segment was written in a format that this version does not know.");
    }

    private static void WriteArray<T>(BinaryWriter writer, T[] values)
        where T : unmanaged
    {
        writer.Write7BitEncodedInt(values.Length);
        writer.Write(MemoryMarshal.AsBytes(values.AsSpan()));
    }

    private static T[] ReadArray<T>(BinaryReader reader)
        where T : unmanaged
    {
        var values = new T[reader.Read7BitEncodedInt()];
        reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }
}

/// <summary>What every search of a segment reads.</summary>
/// <param name="ChunksPerPage">How many passages each page of details holds.</param>
internal sealed record HotPart(int[] ChunksPerPage, ushort[] Lengths, TermTable Terms, VectorBlock Vectors)
{
    /// <summary>Of its passages, in terms; above 0.</summary>
    public double AverageLength { get; } = Lengths.Length == 0 ? 1 : Math.Max(1e-9, Lengths.Average(length => (double)length));
}
