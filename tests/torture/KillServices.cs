namespace Agents.Torture;

/// <summary>SIGKILLs of random service processes.</summary>
internal sealed class KillServices : FaultRun
{
    protected override Task<string> FaultAsync(int number, CancellationToken cancellationToken)
    {
        var victim = Host.Services[Random.Next(Host.Services.Count)];
        victim.Kill();
        return Task.FromResult($"SIGKILL of {victim.Name}");
    }
}
