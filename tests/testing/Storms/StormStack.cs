using Agents.Local;

namespace Agents.Testing.Storms;

/// <summary>Three replicas of conversation, two of what it asks.</summary>
public sealed class StormStack : Stack
{
    protected override ValueTask<LocalHostOptions> ConfigureAsync(LocalHostOptions options) => ValueTask.FromResult(options with
    {
        Replicas = new Dictionary<string, int> { ["conversation"] = 3, ["retrieval"] = 2, ["inference"] = 2, ["analytics"] = 2 },
        StartTimeout = TimeSpan.FromMinutes(3),
    });
}
