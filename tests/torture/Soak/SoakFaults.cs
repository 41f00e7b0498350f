using Agents.Local;
using Agents.Local.Processes;
using Agents.Testing;

namespace Agents.Torture.Soak;

/// <summary>What goes wrong in a soak, and when. Processes that are killed, frozen or replaced are never an app's first replica.</summary>
internal sealed class SoakFaults(LocalHost host, Random random)
{
    private readonly ComponentFaults _components = new(host);
    private readonly List<Child> _victims = [.. host.Services.Where(service => service.Replica > 0)];

    /// <summary>Calm until the next fault: 30 to 120 s.</summary>
    public TimeSpan NextPause() => TimeSpan.FromMilliseconds(random.Next(30_000, 120_000));

    /// <summary>One fault, from its begin until it is over; says what it was.</summary>
    public Task<string> NextAsync(CancellationToken cancellationToken)
    {
        var victim = _victims[random.Next(_victims.Count)];
        return random.Next(8) switch
        {
            0 or 1 => Task.FromResult(Kill(victim)),
            2 => PauseAsync(victim, 5_000, 30_000, cancellationToken),
            3 => PauseAsync(host.Runtime, 1_000, 5_000, cancellationToken),
            4 => ReplaceAsync(victim, cancellationToken),
            5 => ComponentAsync(new { mode = "slow", delayMs = 300 }, 3_000, 10_000, cancellationToken),
            6 => ComponentAsync(new { mode = "error", ratio = 0.1 }, 3_000, 10_000, cancellationToken),
            _ => ComponentAsync(new { mode = "down" }, 2_000, 15_000, cancellationToken),
        };
    }

    private static string Kill(Child victim)
    {
        victim.Kill();
        return $"SIGKILL of {victim.Name}";
    }

    private async Task<string> PauseAsync(Child victim, int least, int most, CancellationToken cancellationToken)
    {
        var length = random.Next(least, most);
        victim.Pause();
        await Task.Delay(length, cancellationToken);
        victim.Resume();
        return $"{victim.Name} stood still for {length / 1_000d:0.0} s";
    }

    private static async Task<string> ReplaceAsync(Child victim, CancellationToken cancellationToken)
    {
        await victim.ReplaceAsync(cancellationToken);
        return $"{victim.Name} replaced";
    }

    private async Task<string> ComponentAsync(object fault, int least, int most, CancellationToken cancellationToken)
    {
        string[] components = ["statestore", "sessionstore", "pubsub"];
        var (component, length) = (components[random.Next(components.Length)], random.Next(least, most));
        await _components.SetAsync(component, fault, cancellationToken);
        await Task.Delay(length, cancellationToken);
        await _components.ClearAsync(component, cancellationToken);
        return $"{component} with {fault} for {length / 1_000d:0.0} s";
    }
}
