namespace Agents.Testing;

/// <summary>What the services have written at their default level.</summary>
public static class ServiceLogs
{
    /// <summary>The lines in which any of these words stands, each with the process that wrote it.</summary>
    public static IReadOnlyList<string> Find(Stack stack, IReadOnlyCollection<string> words)
    {
        var found = new List<string>();
        foreach (var child in stack.Host.Services)
        {
            using var file = new StreamReader(new FileStream(child.LogPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
            while (file.ReadLine() is { } line)
            {
                if (words.Any(word => line.Contains(word, StringComparison.OrdinalIgnoreCase)))
                    found.Add($"{child.Name}: {line}");
            }
        }
        return found;
    }
}
