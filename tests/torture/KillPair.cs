namespace Agents.Torture;

/// <summary>SIGKILLs in turn of the runtime alone, of a service process alone, and of both at once; every service has one process.</summary>
internal sealed class KillPair : FaultRun
{
    protected override int Replicas => 1;

    protected override async Task<string> FaultAsync(int number, CancellationToken cancellationToken)
    {
        var service = Host.Services[Random.Next(Host.Services.Count)];
        var (runtime, app) = (number % 3 != 2, number % 3 != 1);
        if (runtime)
            Host.Runtime.Kill();
        if (app)
            service.Kill();
        await Task.Delay(100, cancellationToken);
        return $"SIGKILL of {(runtime ? "the runtime" : "")}{(runtime && app ? " and " : "")}{(app ? service.Name : "")}";
    }
}
