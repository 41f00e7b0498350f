using System.Text;
using Agents.LocalRuntime.Http;

namespace Agents.LocalRuntime.Invocation;

/// <summary>The path part of an invoked method: unescaped, cleaned, and escaped again for the app, as daprd does.</summary>
internal static class MethodPath
{
    /// <param name="escaped">The method as it stood in the request path, without a leading slash.</param>
    /// <exception cref="ApiException">The method holds characters that no path may have.</exception>
    public static string ForApp(string escaped)
    {
        if (escaped.AsSpan().IndexOfAnyExcept(Plain) < 0) return "/" + escaped;
        var text = Uri.UnescapeDataString(escaped);
        if (text.Any(c => c is '#' or '?' || char.IsControl(c)))
        {
            throw new ApiException(400, "ERR_DIRECT_INVOKE", "invalid method name: '#', '?' and control characters are not allowed");
        }

        return Escape(RequestPath.CleanPath("/" + text));
    }

    /// <summary>What Go leaves alone in a path, dots aside: they may have to be cleaned.</summary>
    private static readonly System.Buffers.SearchValues<char> Plain =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_~$&+,/:;=@");

    /// <summary>Escapes what Go escapes in a path; slashes stay.</summary>
    public static string Escape(string path)
    {
        var result = new StringBuilder(path.Length);
        foreach (var value in Encoding.UTF8.GetBytes(path))
        {
            var c = (char)value;
            if (char.IsAsciiLetterOrDigit(c) || "-_.~$&+,/:;=@!'()*[]".Contains(c, StringComparison.Ordinal)) result.Append(c);
            else result.Append('%').Append(Convert.ToHexString([value]));
        }

        return result.ToString();
    }
}
