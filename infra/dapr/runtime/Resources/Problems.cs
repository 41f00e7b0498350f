namespace Agents.LocalRuntime.Resources;

/// <summary>Everything that is wrong with the given files and flags, so that a user sees all of it at the first start.</summary>
internal sealed class Problems
{
    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines => _lines;

    /// <param name="where">The file or flag at fault.</param>
    /// <param name="path">The field inside it, or empty.</param>
    /// <param name="what">A sentence part that says what is wrong and what would be right.</param>
    public void Add(string where, string path, string what)
    {
        var line = path.Length == 0 ? $"{where}: {what}" : $"{where}: {path}: {what}";

        // Replicas of one app read the same files.
        if (!_lines.Contains(line)) _lines.Add(line);
    }
}
