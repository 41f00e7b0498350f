namespace Agents.LocalRuntime.Http;

/// <summary>
/// A request path cleaned like Go's path.Clean on the escaped form (doubled slashes, dots and a trailing slash vanish)
/// and cut into segments, which stay escaped until they are read.
/// </summary>
internal sealed class RequestPath
{
    private readonly string[] _segments;

    private RequestPath(string clean, string[] segments, bool slashAtEnd)
    {
        Clean = clean;
        _segments = segments;
        SlashAtEnd = slashAtEnd;
    }

    /// <summary>The cleaned path, still escaped, with a leading slash.</summary>
    public string Clean { get; }

    public int Count => _segments.Length;

    /// <summary>Whether the path ended with a slash before it was cleaned.</summary>
    public bool SlashAtEnd { get; }

    public static RequestPath Parse(string rawTarget)
    {
        var path = rawTarget;
        var question = path.IndexOf('?', StringComparison.Ordinal);
        if (question >= 0) path = path[..question];

        // Absolute form, as clients send it to a proxy.
        if (path.Length > 0 && path[0] != '/')
        {
            var scheme = path.IndexOf("://", StringComparison.Ordinal);
            var slash = scheme < 0 ? -1 : path.IndexOf('/', scheme + 3);
            path = slash < 0 ? "/" : path[slash..];
        }

        var slashAtEnd = path.Length > 1 && path[^1] == '/';
        var clean = CleanPath(path);
        return new(clean, clean.Length == 1 ? [] : clean[1..].Split('/'), slashAtEnd);
    }

    /// <summary>Resolves empty, <c>.</c> and <c>..</c> segments; the result begins with a slash and does not end with one.</summary>
    public static string CleanPath(string path)
    {
        if (path.Length > 0 && path[0] == '/' && path[^1] != '/' &&
            !path.Contains("//", StringComparison.Ordinal) && !path.Contains("/.", StringComparison.Ordinal)) return path;
        var kept = new List<string>();
        foreach (var segment in path.Split('/'))
        {
            if (segment is "" or ".") continue;
            if (segment != "..") kept.Add(segment);
            else if (kept.Count > 0) kept.RemoveAt(kept.Count - 1);
        }

        return "/" + string.Join('/', kept);
    }

    /// <summary>The escaped segment.</summary>
    public string Raw(int index) => _segments[index];

    /// <summary>The segment unescaped like a query value: plus means space.</summary>
    public string Text(int index) => Unescape(_segments[index]);

    /// <summary>All segments from an index on, unescaped.</summary>
    public string Rest(int index) => Unescape(string.Join('/', _segments, index, _segments.Length - index));

    private static string Unescape(string text) =>
        text.AsSpan().IndexOfAny('%', '+') < 0 ? text : Uri.UnescapeDataString(text.Replace('+', ' '));
}
