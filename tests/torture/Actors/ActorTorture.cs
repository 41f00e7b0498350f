using System.Diagnostics;

namespace Agents.Torture.Actors;

/// <summary>What a run found.</summary>
internal sealed record ActorVerdict(int Acknowledged, long Sum, int Actors, int Reminded, int Repeated, int AppKills, int RuntimeKills, int Pauses, IReadOnlyList<string> Notes, TimeSpan Took)
{
    public bool Good => Sum == Acknowledged && Reminded == Actors && Notes.Count == 0;
}

/// <summary>
/// Increments of counters that are actors, while their replicas are killed and paused and the runtime is killed. The sum
/// must be exact, no activation may see two turns at once, and every reminder must come.
/// </summary>
internal static class ActorTorture
{
    private const int Clients = 16;
    private static readonly TimeSpan ReminderPatience = TimeSpan.FromSeconds(60);

    /// <param name="configuration">Which builds are started.</param>
    /// <param name="seed">Decides what is hit and when.</param>
    /// <param name="actors">How many counters there are.</param>
    /// <param name="increments">How many increments in all.</param>
    /// <param name="tell">Takes a line of progress.</param>
    public static async Task<ActorVerdict> RunAsync(string configuration, int seed, int actors, int increments, Action<string> tell, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        await using var fleet = new CounterFleet(3, configuration);
        for (var replica = 0; replica < fleet.Replicas; replica++) fleet.StartApp(replica);
        fleet.StartRuntime();
        await fleet.RuntimeServesAsync(cancellationToken);
        using var clients = new CounterClients(fleet, actors, seed);
        await clients.RemindAsync(cancellationToken);
        var load = clients.RunAsync(Clients, increments, cancellationToken);
        var hits = await HitAsync(fleet, new Random(seed), load, line => tell($"{line} ({clients.Acknowledged} acknowledged)"), cancellationToken);
        await load;
        var waiting = Stopwatch.GetTimestamp();
        var (sum, reminded) = await clients.ReadAsync(cancellationToken);
        while (reminded < actors && Stopwatch.GetElapsedTime(waiting) < ReminderPatience)
        {
            await Task.Delay(200, cancellationToken);
            (sum, reminded) = await clients.ReadAsync(cancellationToken);
        }

        return new(clients.Acknowledged, sum, actors, reminded, clients.Repeated, hits[0], hits[1], hits[2], fleet.Notes, Stopwatch.GetElapsedTime(started));
    }

    /// <summary>Kills and pauses until the load has ended; everything runs again afterwards.</summary>
    private static async Task<int[]> HitAsync(CounterFleet fleet, Random random, Task load, Action<string> tell, CancellationToken cancellationToken)
    {
        var hits = new int[3];
        while (!load.IsCompleted)
        {
            await Task.WhenAny(load, Task.Delay(random.Next(200, 1_500), cancellationToken));
            var replica = random.Next(fleet.Replicas);
            switch (random.Next(10))
            {
                case < 5:
                    tell($"kill app {replica}");
                    await fleet.KillAppAsync(replica);
                    fleet.StartApp(replica);
                    await fleet.AppServesAsync(replica, cancellationToken);
                    hits[0]++;
                    break;
                case < 7:
                    tell("kill runtime");
                    await fleet.KillRuntimeAsync();
                    fleet.StartRuntime();
                    await fleet.RuntimeServesAsync(cancellationToken);
                    hits[1]++;
                    break;
                default:
                    var pause = random.Next(500, 4_000);
                    tell($"pause app {replica} for {pause} ms");
                    await fleet.SignalAsync(replica, "-STOP");
                    await Task.WhenAny(load, Task.Delay(pause, cancellationToken));
                    await fleet.SignalAsync(replica, "-CONT");
                    hits[2]++;
                    break;
            }
        }

        return hits;
    }
}
