using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace Agents.LocalRuntime.Sqlite;

/// <summary>A database file and how to open it, read from a component's <c>connectionString</c>.</summary>
internal sealed record SqliteLocation(string File, SqliteOptions Options)
{
    private static readonly FrozenSet<string> AllowedPragmas = new[]
    {
        "synchronous", "busy_timeout", "cache_size", "mmap_size", "wal_autocheckpoint", "journal_size_limit", "temp_store",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Takes a file path, or <c>file:path?_pragma=synchronous(FULL)</c> with any number of <c>_pragma</c> items. Relative
    /// paths start at the working directory, as they do for daprd.
    /// </summary>
    public static bool TryParse(
        string text, TimeSpan busyTimeout, bool wal, [NotNullWhen(true)] out SqliteLocation? location, out string problem)
    {
        location = null;
        problem = "";
        var path = text;
        var pragmas = new List<KeyValuePair<string, string>>();
        if (text.StartsWith("file:", StringComparison.OrdinalIgnoreCase))
        {
            var question = text.IndexOf('?', StringComparison.Ordinal);
            path = Uri.UnescapeDataString(question < 0 ? text[5..] : text[5..question]);
            if (path.StartsWith("//", StringComparison.Ordinal)) path = path[2..];
            if (question >= 0 && !TryParseQuery(text[(question + 1)..], pragmas, out problem)) return false;
        }

        if (path.Length == 0 || path.Contains(":memory:", StringComparison.Ordinal))
        {
            problem = "must name a file (for a store in memory use state.in-memory or pubsub.in-memory)";
            return false;
        }

        location = new SqliteLocation(Path.GetFullPath(path), new SqliteOptions(busyTimeout, wal, pragmas));
        return true;
    }

    private static bool TryParseQuery(string query, List<KeyValuePair<string, string>> pragmas, out string problem)
    {
        foreach (var item in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = item.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? item : item[..equals];
            var value = Uri.UnescapeDataString(equals < 0 ? "" : item[(equals + 1)..]);

            // daprd's driver needs this one; the writer always begins immediately.
            if (name == "_txlock") continue;
            if (name != "_pragma")
            {
                problem = $"has the unknown option '{name}' (allowed: _pragma, _txlock)";
                return false;
            }

            var open = value.IndexOf('(', StringComparison.Ordinal);
            if (open <= 0 || value[^1] != ')' || !AllowedPragmas.Contains(value[..open]) ||
                value[(open + 1)..^1] is not { Length: > 0 } argument || !argument.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            {
                problem = $"has the unknown _pragma '{value}' (allowed: {string.Join(", ", AllowedPragmas.Order())}, written name(value))";
                return false;
            }

            pragmas.Add(new(value[..open], argument));
        }

        problem = "";
        return true;
    }
}
