using System.Text;

namespace Agents.Inference.Cache;

/// <summary>An answer that can be given again.</summary>
/// <param name="Deployment">Who gave it.</param>
/// <param name="At">When, in seconds since 1970.</param>
/// <param name="Content">The documents without their usage, joined by U+001E, which no JSON holds unescaped; base64.</param>
/// <param name="Usage">The usage, as JSON; base64.</param>
internal sealed record CachedAnswer(string Deployment, string? Version, long At, byte[] Content, byte[] Usage)
{
    /// <summary>Stays below the 256 KB that every store takes, in base64.</summary>
    public const int MaxBytes = 150_000;

    private const byte Separator = 0x1E;

    public static CachedAnswer? From(string deployment, string? version, long at, IReadOnlyList<ReadOnlyMemory<byte>> documents, ReadOnlyMemory<byte> usage)
    {
        var length = documents.Sum(document => document.Length + 1) - 1;
        if (length > MaxBytes)
            return null;
        var content = new byte[length];
        var position = 0;
        foreach (var document in documents)
        {
            if (position > 0)
                content[position++] = Separator;
            document.CopyTo(content.AsMemory(position));
            position += document.Length;
        }
        return new CachedAnswer(deployment, version, at, content, usage.ToArray());
    }

    /// <summary>The documents, one after the other.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Documents()
    {
        for (var start = 0; start < Content.Length;)
        {
            var end = Array.IndexOf(Content, Separator, start);
            end = end < 0 ? Content.Length : end;
            yield return Content.AsMemory(start, end - start);
            start = end + 1;
        }
    }

    public override string ToString() => $"{Deployment}, {Content.Length} bytes: {Encoding.UTF8.GetString(Usage)}";
}
