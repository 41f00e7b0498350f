using System.Buffers;

namespace Agents.Inference.Deployments;

/// <summary>Names of deployments and aliases: what callers put into <c>model</c>.</summary>
internal static class Names
{
    public const int MaxLength = 128;

    /// <summary>The name by which callers leave the choice to the operator.</summary>
    public const string Default = "default";

    private static readonly SearchValues<char> Characters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:/@-");

    /// <summary>Completes a sentence that begins with the field's name.</summary>
    public static string Rule { get; } = $"must be 1 to {MaxLength} letters, digits or any of . _ : / @ -";

    public static bool IsValid(string name) => name.Length is > 0 and <= MaxLength && !name.AsSpan().ContainsAnyExcept(Characters);

    /// <summary>Clients escape the slash in names such as <c>meta/llama</c>, and servers leave an escaped slash as it is.</summary>
    public static string FromPath(string segment) => segment.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
}
