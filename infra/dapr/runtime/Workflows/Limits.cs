namespace Agents.LocalRuntime.Workflows;

/// <summary>
/// What keeps a workflow app from using up the process. The length of a message, and so of a whole history, is bounded by the sidecar's
/// max-body-size in both directions.
/// </summary>
internal static class Limits
{
    /// <summary>Of instance ids and of the names of workflows, activities and events, in characters.</summary>
    public const int NameLength = 1024;

    /// <summary>Events that wait for the next turn of one instance.</summary>
    public const int PendingEvents = 10_000;

    /// <summary>Worker streams of one app.</summary>
    public const int Streams = 256;

    /// <summary>
    /// Turns and activities in the hands of one stream. The JavaScript worker does ten things at once, queues a hundred and loses the rest
    /// without a word, so together they stay below that.
    /// </summary>
    public const int TurnsInHand = 40;

    /// <inheritdoc cref="TurnsInHand"/>
    public const int ActivitiesInHand = 64;

    /// <summary>Histories kept in memory between turns, in bytes; those not used for the longest time go first.</summary>
    public const long CachedHistories = 64 << 20;
}
