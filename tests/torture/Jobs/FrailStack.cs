using Agents.Local;
using Agents.Testing;

namespace Agents.Torture.Jobs;

/// <summary>One of each, with a lane whose jobs die soon, one that runs a job at a time, and a place for an app beside the product.</summary>
internal sealed class FrailStack : Stack
{
    public const string Ear = "ear";

    /// <summary>The lanes, for stacks that add more.</summary>
    public static IReadOnlyDictionary<string, string> Lanes { get; } = new Dictionary<string, string>
    {
        ["Lanes__frail__MaxAttempts"] = "2",
        ["Lanes__narrow__Shards"] = "1",
        ["Lanes__narrow__Slots"] = "1",
    };

    protected override ValueTask<LocalHostOptions> ConfigureAsync(LocalHostOptions options) => ValueTask.FromResult(options with
    {
        Guests = [Ear],
        Environment = new Dictionary<string, string>([.. options.Environment, .. Lanes]),
    });
}
