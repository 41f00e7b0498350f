using Agents.Torture.Actors;

namespace Agents.Conformance.Durability;

/// <summary>The actor torture in small, with real processes and the SDK's actors.</summary>
public class ActorKillTests
{
    [Fact]
    public async Task Increments_are_exact_and_reminders_come_though_replicas_and_the_runtime_are_killed_and_paused()
    {
        var build = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var hits = new List<string>();
        var verdict = await ActorTorture.RunAsync(build, seed: 4, actors: 5, increments: 800, hits.Add, TestContext.Current.CancellationToken);
        Assert.Equal(800, verdict.Acknowledged);
        Assert.Equal(verdict.Acknowledged, verdict.Sum);
        Assert.Equal(verdict.Actors, verdict.Reminded);
        Assert.Empty(verdict.Notes);
        Assert.NotEmpty(hits);
    }
}
