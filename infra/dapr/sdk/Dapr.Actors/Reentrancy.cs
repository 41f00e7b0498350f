namespace Dapr.Actors;

/// <summary>The chain of calls the current turn belongs to; it is carried from the call that came in to those that go out.</summary>
internal static class Reentrancy
{
    public const string Header = "Dapr-Reentrancy-Id";

    private static readonly AsyncLocal<string?> _current = new();

    /// <summary>The id of the chain; null outside a turn, and when the sidecar allows no reentrancy.</summary>
    public static string? Current
    {
        get => _current.Value;
        set => _current.Value = value;
    }
}
