using System.Buffers;
using System.Globalization;
using System.Text;

namespace Agents.LocalRuntime.Json;

/// <summary>JSON strings as Go's encoder writes them and its decoder reads them (a lone surrogate becomes U+FFFD).</summary>
internal static class GoString
{
    private static readonly SearchValues<byte> Special = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(value => (byte)value), (byte)'"', (byte)'\\', (byte)'<', (byte)'>', (byte)'&', 0xE2]);

    /// <param name="raw">The string's bytes without quotes.</param>
    /// <param name="escaped">Whether they contain JSON escapes.</param>
    /// <param name="output">Takes the quoted string.</param>
    public static void Write(ReadOnlySpan<byte> raw, bool escaped, IBufferWriter<byte> output)
    {
        var text = escaped ? Unescape(raw, escaped: true) : raw;
        output.Write("\""u8);
        while (true)
        {
            var special = text.IndexOfAny(Special);
            if (special < 0) break;
            output.Write(text[..special]);
            var length = WriteSpecial(text[special..], output);
            text = text[(special + length)..];
        }

        output.Write(text);
        output.Write("\""u8);
    }

    public static void Write(string text, IBufferWriter<byte> output) => Write(Encoding.UTF8.GetBytes(text), escaped: false, output);

    public static byte[] Unescape(ReadOnlySpan<byte> raw, bool escaped)
    {
        if (!escaped) return raw.ToArray();
        var text = new StringBuilder(raw.Length);
        var source = Encoding.UTF8.GetString(raw);
        for (var i = 0; i < source.Length; i++)
        {
            if (source[i] != '\\')
            {
                text.Append(source[i]);
                continue;
            }

            i++;
            switch (source[i])
            {
                case 'u':
                    text.Append((char)ushort.Parse(source.AsSpan(i + 1, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                    i += 4;
                    break;
                case var simple:
                    text.Append(simple switch { 'n' => '\n', 'r' => '\r', 't' => '\t', 'b' => '\b', 'f' => '\f', _ => simple });
                    break;
            }
        }

        // UTF-8 encoding replaces lone surrogates by U+FFFD, as Go does.
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>Writes the first character of <paramref name="text"/> and returns how many bytes it had.</summary>
    private static int WriteSpecial(ReadOnlySpan<byte> text, IBufferWriter<byte> output)
    {
        switch (text[0])
        {
            case (byte)'"':
                output.Write("\\\""u8);
                return 1;
            case (byte)'\\':
                output.Write("\\\\"u8);
                return 1;
            case (byte)'\n':
                output.Write("\\n"u8);
                return 1;
            case (byte)'\r':
                output.Write("\\r"u8);
                return 1;
            case (byte)'\t':
                output.Write("\\t"u8);
                return 1;
            case (byte)'\b':
                output.Write("\\b"u8);
                return 1;
            case (byte)'\f':
                output.Write("\\f"u8);
                return 1;
            case 0xE2 when text.StartsWith("\u2028"u8) || text.StartsWith("\u2029"u8):
                output.Write(text[2] == 0xA8 ? "\\u2028"u8 : "\\u2029"u8);
                return 3;
            case 0xE2:
                output.Write(text[..1]);
                return 1;
            case var other:
                output.Write(Encoding.ASCII.GetBytes($"\\u{other:x4}"));
                return 1;
        }
    }
}
