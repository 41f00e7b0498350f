using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Agents.Defaults.Api;

/// <summary>Ids with a prefix that names the noun, ordered by time (UUID v7): <c>sess_0199...</c>.</summary>
public static class Ids
{
    private static readonly SearchValues<char> Hexadecimal = SearchValues.Create("0123456789abcdef");

    /// <summary>A new id such as <c>turn_0199c1f2...</c> (prefix, underscore, 32 hexadecimal digits).</summary>
    public static string New(string prefix) => $"{prefix}_{Guid.CreateVersion7():N}";

    /// <summary>Whether <paramref name="id"/> could have come from <see cref="New"/>: ids from outside go into store keys only after this.</summary>
    public static bool IsValid(string prefix, string? id) =>
        id is not null && id.Length == prefix.Length + 33 && id.StartsWith(prefix, StringComparison.Ordinal) && id[prefix.Length] == '_'
        && !id.AsSpan(prefix.Length + 1).ContainsAnyExcept(Hexadecimal);

    /// <summary>When an id of <see cref="New"/> was made, to the millisecond; null for any other text.</summary>
    public static DateTimeOffset? TimeOf(string id) =>
        id.LastIndexOf('_') is >= 0 and var at && Guid.TryParseExact(id.AsSpan(at + 1), "N", out var guid) && guid.Version == 7
            && long.TryParse(id.AsSpan(at + 1, 12), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var milliseconds)
            && milliseconds < 253_402_300_800_000
                ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
                : null;

    /// <summary>SHA-256 of a text as URL-safe base64: a key of fixed length for text of any length and content.</summary>
    public static string Hash(string text) => Hash(Encoding.UTF8.GetBytes(text));

    /// <summary>SHA-256 of bytes as URL-safe base64.</summary>
    public static string Hash(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(SHA256.HashData(bytes));
}
