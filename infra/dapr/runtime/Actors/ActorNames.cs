namespace Agents.LocalRuntime.Actors;

/// <summary>What actor types, ids, methods, timers and reminders may be called.</summary>
internal static class ActorNames
{
    public const int Longest = 512;

    /// <summary>Why the name cannot be used, or null for a good one.</summary>
    public static string? Problem(string name)
    {
        if (name.Length == 0) return "name is empty";
        if (name.Length > Longest) return $"name is longer than {Longest} characters";

        // Dots would be resolved as parts of the app's path, and two bars separate the parts of state keys.
        var legal = name is not ("." or "..") && !name.Contains("||", StringComparison.Ordinal) &&
            !name.Any(c => c is '/' or '\\' or '#' or '?' || char.IsControl(c));
        return legal ? null : $"name contains forbidden character: \"{name}\"";
    }

    /// <summary>Types of the runtime's own, such as workflows.</summary>
    public static bool IsReserved(string type) => type.StartsWith("dapr.internal.", StringComparison.Ordinal);
}
