namespace Dapr.Actors.Runtime;

/// <summary>A value that may be missing.</summary>
/// <param name="hasValue">Whether there is one.</param>
/// <param name="value">The value; the default of its type when there is none.</param>
public readonly struct ConditionalValue<TValue>(bool hasValue, TValue value)
{
    /// <summary>Whether there is a value.</summary>
    public bool HasValue { get; } = hasValue;

    /// <summary>The value; the default of its type when there is none.</summary>
    public TValue Value { get; } = value;
}
