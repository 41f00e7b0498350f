using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Agents.LocalRuntime.Json;

/// <summary>
/// Writes JSON the way daprd hands it back after Go has decoded and encoded it: members sorted by name (the last of
/// equal names wins), no white space, <c>&lt; &gt; &amp;</c> and line separators escaped, and, unless numbers are to stay
/// exact, numbers as 64-bit floats.
/// </summary>
internal static class GoJson
{
    /// <summary>Deeper documents are refused.</summary>
    public const int DeepestNesting = 500;

    public static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = DeepestNesting };

    /// <summary>Normalises one JSON document.</summary>
    /// <exception cref="JsonException">It is not valid JSON.</exception>
    public static byte[] Normalize(ReadOnlySpan<byte> json, bool exactNumbers)
    {
        var reader = new Utf8JsonReader(json, ReaderOptions);
        if (!reader.Read()) throw new JsonException("unexpected end of JSON input");
        var output = new ArrayBufferWriter<byte>(json.Length + 16);
        Write(ref reader, output, exactNumbers);
        if (reader.Read()) throw new JsonException("invalid character after top-level value");
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Normalises the value at which the reader stands and leaves the reader at its last token.</summary>
    public static void Write(ref Utf8JsonReader reader, IBufferWriter<byte> output, bool exactNumbers)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                WriteObject(ref reader, output, exactNumbers);
                break;
            case JsonTokenType.StartArray:
                WriteArray(ref reader, output, exactNumbers);
                break;
            case JsonTokenType.String:
                GoString.Write(reader.ValueSpan, reader.ValueIsEscaped, output);
                break;
            case JsonTokenType.Number when !exactNumbers:
                WriteNumber(reader.ValueSpan, output);
                break;
            default:
                output.Write(reader.ValueSpan);
                break;
        }
    }

    private static void WriteArray(ref Utf8JsonReader reader, IBufferWriter<byte> output, bool exactNumbers)
    {
        output.Write("["u8);
        for (var first = true; Next(ref reader) != JsonTokenType.EndArray; first = false)
        {
            if (!first) output.Write(","u8);
            Write(ref reader, output, exactNumbers);
        }

        output.Write("]"u8);
    }

    private static void WriteObject(ref Utf8JsonReader reader, IBufferWriter<byte> output, bool exactNumbers)
    {
        var members = new List<(byte[] Name, int Start, int End)>();
        var values = new ArrayBufferWriter<byte>();
        while (Next(ref reader) != JsonTokenType.EndObject)
        {
            var name = GoString.Unescape(reader.ValueSpan, reader.ValueIsEscaped);
            Next(ref reader);
            var start = values.WrittenCount;
            Write(ref reader, values, exactNumbers);
            members.Add((name, start, values.WrittenCount));
        }

        // A stable order by name, so that the last of equal names is the one before the next name.
        var sorted = members.OrderBy(member => member.Name, ByteOrder.Instance).ToList();
        output.Write("{"u8);
        for (var (i, first) = (0, true); i < sorted.Count; i++)
        {
            var (name, start, end) = sorted[i];
            if (i + 1 < sorted.Count && name.AsSpan().SequenceEqual(sorted[i + 1].Name)) continue;
            if (!first) output.Write(","u8);
            first = false;
            GoString.Write(name, escaped: false, output);
            output.Write(":"u8);
            output.Write(values.WrittenSpan[start..end]);
        }

        output.Write("}"u8);
    }

    private static JsonTokenType Next(ref Utf8JsonReader reader) =>
        reader.Read() ? reader.TokenType : throw new JsonException("unexpected end of JSON input");

    private static void WriteNumber(ReadOnlySpan<byte> token, IBufferWriter<byte> output)
    {
        // Up to 15 digits a whole number survives a float; the usual case costs a copy.
        if (token.Length <= 15 && !token.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            output.Write(token);
            return;
        }

        var value = double.Parse(token, NumberStyles.Float, CultureInfo.InvariantCulture);
        if (!double.IsFinite(value))
            throw new JsonException($"json: cannot unmarshal number {System.Text.Encoding.ASCII.GetString(token)} into Go value of type float64");
        output.Write(System.Text.Encoding.ASCII.GetBytes(Format(value)));
    }

    /// <summary>Go's rule: plain notation from 1e-6 up to 1e21, otherwise an exponent without leading zeros.</summary>
    private static string Format(double value)
    {
        var size = Math.Abs(value);
        if (size != 0 && (size < 1e-6 || size >= 1e21))
        {
            var text = value.ToString("E16", CultureInfo.InvariantCulture);
            var shortest = value.ToString("R", CultureInfo.InvariantCulture);
            var exponent = int.Parse(text[(text.IndexOf('E', StringComparison.Ordinal) + 1)..], CultureInfo.InvariantCulture);
            var mark = shortest.IndexOf('E', StringComparison.Ordinal);
            var digits = mark < 0 ? shortest : shortest[..mark];
            return $"{digits}e{(exponent < 0 ? "-" : "+")}{Math.Abs(exponent)}";
        }

        var round = value.ToString("R", CultureInfo.InvariantCulture);
        return round.Contains('E', StringComparison.Ordinal) ? Expand(round) : round;
    }

    /// <summary>Rewrites .NET's shortest form (exponents from 1e15 and below 1e-4) without an exponent.</summary>
    private static string Expand(string text)
    {
        var mark = text.IndexOf('E', StringComparison.Ordinal);
        var exponent = int.Parse(text[(mark + 1)..], CultureInfo.InvariantCulture);
        var negative = text[0] == '-';
        var mantissa = text[(negative ? 1 : 0)..mark];
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var digits = mantissa.Replace(".", "", StringComparison.Ordinal);
        var position = (point < 0 ? mantissa.Length : point) + exponent;
        var plain = position <= 0
            ? "0." + new string('0', -position) + digits
            : position >= digits.Length ? digits.PadRight(position, '0') : digits[..position] + "." + digits[position..];
        return negative ? "-" + plain : plain;
    }

    private sealed class ByteOrder : IComparer<byte[]>
    {
        public static readonly ByteOrder Instance = new();

        public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
    }
}
