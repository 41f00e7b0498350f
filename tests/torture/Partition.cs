using System.Globalization;
using Agents.Local;
using Agents.Testing;

namespace Agents.Torture;

/// <summary>The way from single service processes to their sidecars, and so to all others, is held, late, one-way, half-open or broken.</summary>
internal sealed class Partition : FaultRun
{
    private static readonly LinkState[] Disturbances = [LinkState.Held, LinkState.Late, LinkState.OneWay, LinkState.HalfOpen, LinkState.Broken];

    private readonly Dictionary<string, TcpLink> _links = [];

    protected override ValueTask<LocalHostOptions> ConfigureAsync(LocalHostOptions options) => base.ConfigureAsync(options with
    {
        ServiceEnvironment = process =>
        {
            _links[process.Name] = new TcpLink(process.DaprHttpPort);
            return new Dictionary<string, string> { ["DAPR_HTTP_PORT"] = _links[process.Name].Port.ToString(CultureInfo.InvariantCulture) };
        },
    });

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (var link in _links.Values)
            await link.DisposeAsync();
    }

    protected override async Task<string> FaultAsync(int number, CancellationToken cancellationToken)
    {
        var service = Host.Services[Random.Next(Host.Services.Count)];
        var state = Disturbances[number % Disturbances.Length];
        var until = TimeSpan.FromMilliseconds(Random.Next(1_000, 5_000));
        _links[service.Name].Set(state);
        await Task.Delay(until, cancellationToken);
        _links[service.Name].Set(LinkState.Whole);
        return $"{service.Name} and its sidecar: {state} for {until.TotalSeconds:0.0} s";
    }
}
