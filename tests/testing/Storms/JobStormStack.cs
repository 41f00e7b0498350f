using Agents.Local;
using Agents.Local.Topology;

namespace Agents.Testing.Storms;

/// <summary>What runs jobs, twice or more, and where their effects are seen.</summary>
public sealed class JobStormStack : Stack
{
    /// <summary>Workers of each lane as apps of their own.</summary>
    public bool Cluster { get; init; }

    public EffectHost Effects { get; } = new() { RefuseEvery = 10 };

    protected override async ValueTask<LocalHostOptions> ConfigureAsync(LocalHostOptions options)
    {
        await Effects.StartAsync();
        return options with
        {
            Topology = Cluster ? TopologyKind.Cluster : options.Topology,
            Replicas = new Dictionary<string, int> { ["conversation"] = 2, ["inference"] = 2 },
            Environment = new Dictionary<string, string>(options.Environment) { ["Egress__Allow__0"] = Effects.Authority, ["Jobs__DrainSeconds"] = "2" },
            StartTimeout = TimeSpan.FromMinutes(3),
        };
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Effects.DisposeAsync();
    }
}
