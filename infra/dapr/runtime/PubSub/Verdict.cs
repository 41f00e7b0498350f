namespace Agents.LocalRuntime.PubSub;

/// <summary>What became of a delivery.</summary>
internal enum Verdict
{
    /// <summary>The app has it.</summary>
    Done,

    /// <summary>Nobody wants it: the app dropped it, it has expired, or no route matches.</summary>
    Dropped,

    /// <summary>All attempts failed.</summary>
    Failed,

    /// <summary>The app was not there; this was no attempt.</summary>
    Unreachable,
}
