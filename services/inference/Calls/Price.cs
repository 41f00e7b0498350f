namespace Agents.Inference.Calls;

/// <summary>What tokens cost: micro-units of the account's currency for a million of them. Each is at most 10^9.</summary>
internal sealed record Price(long InputMicrosPerMillion, long OutputMicrosPerMillion)
{
    public static Price Free { get; } = new(0, 0);

    /// <summary>The price of a call in micro-units, rounded half up once, over the sum.</summary>
    public long Of(Usage usage)
    {
        var millionths = checked((usage.Input * InputMicrosPerMillion) + (usage.Output * OutputMicrosPerMillion));
        return (millionths + 500_000) / 1_000_000;
    }
}
