using Agents.Local;

namespace Agents.Testing.Storms;

/// <summary>What runs jobs, twice or more, and where their effects are seen.</summary>
public class JobStormStack : Stack
{
    /// <summary>Workers of each lane as apps of their own.</summary>
    public bool Cluster { get; init; }

    /// <summary>Workers of the lane batch, where they are apart.</summary>
    public int BatchWorkers { get; init; } = 1;

    public EffectHost Effects { get; } = new() { RefuseEvery = 10 };

    /// <summary>Runs what asks the product while parts of it may be down; null when nobody answers.</summary>
    public async Task<T?> CalmlyAsync<T>(Func<Task<T>> ask)
        where T : class
    {
        try
        {
            return await ask();
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or InvalidOperationException or OperationCanceledException)
        {
            // Whoever wants to know asks again.
            return null;
        }
    }

    protected override async ValueTask<LocalHostOptions> ConfigureAsync(LocalHostOptions options)
    {
        await Effects.StartAsync();
        var replicas = new Dictionary<string, int> { ["conversation"] = 2, ["inference"] = 2 };
        if (Cluster)
            replicas["conversation-batch"] = BatchWorkers;
        return options with
        {
            Cluster = Cluster,
            Replicas = replicas,
            Environment = new Dictionary<string, string>(options.Environment) { ["Egress__Allow__0"] = Effects.Authority, ["Jobs__DrainSeconds"] = "2" },
            StartTimeout = TimeSpan.FromMinutes(3),
        };
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Effects.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
