namespace Agents.Local.Processes;

/// <summary>What to start, and how to know that it is ready.</summary>
internal sealed record ChildProgram
{
    /// <summary>Unique, such as <c>conversation-0</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Null for the runtime.</summary>
    public string? AppId { get; init; }

    public int Replica { get; init; }

    public required string FileName { get; init; }

    public IReadOnlyList<string> Arguments { get; init; } = [];

    public required string WorkingFolder { get; init; }

    /// <summary>On top of the inherited environment; null removes a variable.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    public int? AppPort { get; init; }

    public int? DaprHttpPort { get; init; }

    /// <summary>Either a page that answers 2xx once the child is ready ...</summary>
    public Uri? ReadyPage { get; init; }

    /// <summary>... or a line it writes.</summary>
    public string? ReadyLine { get; init; }
}
