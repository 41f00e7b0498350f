namespace Dapr.Actors.Runtime;

/// <summary>What a turn knows of one value of its actor.</summary>
/// <param name="Value">The value; null when it is to be removed.</param>
/// <param name="Type">The type it was read or written as.</param>
/// <param name="Change">What is not saved yet.</param>
/// <param name="Expires">When the value ends; null for never.</param>
internal sealed record CachedValue(object? Value, Type Type, PendingChange Change, DateTimeOffset? Expires)
{
    public bool IsThereAt(DateTimeOffset now) => Change != PendingChange.Remove && !(Expires <= now);
}

/// <summary>What the end of the turn does to a value.</summary>
internal enum PendingChange
{
    None,
    Upsert,
    Remove,
}
