using System.Buffers;
using System.Buffers.Text;

namespace Agents.Analytics.Figures;

/// <summary>
/// A cell as URL-safe base64: pairs of a number (counters first, then sketches from 64 on) and what it holds, all as LEB128. A cell of a
/// busy hour has some hundred bytes, and no number passes through JSON, where it could lose digits.
/// </summary>
internal static class CellFormat
{
    private const ulong FirstSketch = 64;

    public static string Write(Cell cell)
    {
        var bytes = new ArrayBufferWriter<byte>(64);
        for (var counter = (Counter)0; counter < Counter.Count; counter++)
        {
            if (cell[counter] is not 0 and var value)
            {
                Write(bytes, (ulong)counter);
                Write(bytes, (ulong)value);
            }
        }
        for (var distribution = (Distribution)0; distribution < Distribution.Count; distribution++)
        {
            if (cell[distribution] is { Count: > 0 } sketch)
            {
                Write(bytes, FirstSketch + (ulong)distribution);
                Write(bytes, sketch);
            }
        }
        return Base64Url.EncodeToString(bytes.WrittenSpan);
    }

    /// <summary>Adds what was written to a cell.</summary>
    /// <exception cref="FormatException">The text is no cell, or one of a later version that counts what this one does not know.</exception>
    public static void Read(string text, Cell into)
    {
        ReadOnlySpan<byte> bytes = Base64Url.DecodeFromChars(text);
        while (!bytes.IsEmpty)
        {
            var number = Read(ref bytes);
            if (number < (ulong)Counter.Count)
                into.Add((Counter)number, (long)Read(ref bytes));
            else if (number - FirstSketch < (ulong)Distribution.Count)
                Read(ref bytes, into.Of((Distribution)(number - FirstSketch)));
            else
                throw new FormatException($"A figure with the number {number} is not known to this version.");
        }
    }

    private static void Write(ArrayBufferWriter<byte> bytes, Sketch sketch)
    {
        Write(bytes, (ulong)sketch.Buckets.Count);
        var before = Sketch.Zero;
        foreach (var (bucket, count) in sketch.Buckets)
        {
            Write(bytes, (ulong)(bucket - before));
            Write(bytes, (ulong)count);
            before = bucket;
        }
    }

    private static void Read(ref ReadOnlySpan<byte> bytes, Sketch into)
    {
        var bucket = Sketch.Zero;
        for (var left = Read(ref bytes); left > 0; left--)
        {
            bucket += (int)Read(ref bytes);
            into.Add(bucket, (long)Read(ref bytes));
        }
    }

    private static void Write(ArrayBufferWriter<byte> bytes, ulong value)
    {
        var span = bytes.GetSpan(10);
        var length = 0;
        for (; value >= 0x80; value >>= 7)
            span[length++] = (byte)(value | 0x80);
        span[length++] = (byte)value;
        bytes.Advance(length);
    }

    private static ulong Read(ref ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            if (bytes.IsEmpty || shift > 63)
                throw new FormatException("The figures break off.");
            var part = bytes[0];
            bytes = bytes[1..];
            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
                return value;
        }
    }
}
