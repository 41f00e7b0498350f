using Agents.Local.Topology;
using Xunit;

namespace Agents.Local.Tests.Processes;

/// <summary>The host with programs in the place of a real Dapr that write down how they were started.</summary>
public sealed class DaprTests : IDisposable
{
    private readonly StandInSolution _solution = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _solution.Dispose();

    [Fact]
    public async Task Every_service_process_gets_a_daprd_of_its_own_with_its_ports_tokens_and_components()
    {
        var components = _solution.AddComponents();
        await using var host = await LocalHost.StartAsync(
            _solution.Options with { Dapr = _solution.Dapr, Replicas = new Dictionary<string, int> { ["conversation"] = 2 } }, Token);

        Assert.Equal(["placement", "scheduler", "daprd-conversation-0", "daprd-conversation-1", "daprd-analytics-0"], host.Dapr.Select(child => child.Name));
        Assert.All(host.Dapr, child => Assert.True(child.IsReady));
        var placement = Started(host, "placement-");
        var scheduler = Started(host, "scheduler-0-");
        Assert.Equal(Path.Combine(host.DataPath, "scheduler"), scheduler.Flag("--etcd-data-dir"));
        foreach (var service in host.Services)
        {
            var daprd = Started(host, $"{service.AppId}-{service.AppPort}");
            Assert.Equal((service.AppId, $"{service.AppPort}", $"{service.DaprHttpPort}"), (daprd.Flag("--app-id"), daprd.Flag("--app-port"), daprd.Flag("--dapr-http-port")));
            Assert.Equal(host.DaprApiToken, daprd.DaprApiToken);
            Assert.Equal(48, daprd.AppApiToken.Length);
            Assert.Equal(components, daprd.Flag("--resources-path"));
            Assert.Equal([Path.Combine(host.DataPath, "name-resolution.yaml"), Path.Combine(components, "config.yaml")], daprd.Flags("--config"));
            Assert.Equal($"127.0.0.1:{placement.Flag("--port")}", daprd.Flag("--placement-host-address"));
            Assert.Equal($"127.0.0.1:{scheduler.Flag("--port")}", daprd.Flag("--scheduler-host-address"));
            Assert.Equal(("127.0.0.1", "http", "127.0.0.1"), (daprd.Flag("--dapr-listen-addresses"), daprd.Flag("--app-protocol"), daprd.Flag("--app-channel-address")));
        }

        var ports = host.Services.Select(service => Started(host, $"{service.AppId}-{service.AppPort}")).Append(placement).Append(scheduler)
            .SelectMany(started => started.Ports).ToList();
        Assert.Equal(ports.Count, ports.Distinct().Count());
    }

    [Fact]
    public async Task A_daprd_that_dies_comes_back_at_its_ports()
    {
        _solution.AddComponents();
        await using var host = await LocalHost.StartAsync(_solution.Options with { Dapr = _solution.Dapr, Diagnostics = _ => { } }, Token);
        var daprd = host.Dapr[^1];
        daprd.Kill();
        await Eventually.TrueAsync(() => daprd.Restarts == 1 && daprd.IsReady, "the killed daprd is back", Token);
        Assert.Throws<InvalidOperationException>(() => host.Runtime);
    }

    [Fact]
    public void Missing_programs_are_named_with_the_ways_out()
    {
        var refused = Assert.Throws<LocalHostException>(() => DaprPrograms.Find("/no/such/daprd", null, _solution.Dapr.Scheduler));
        Assert.Contains("daprd (/no/such/daprd: no such file), placement (not on PATH", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("scheduler (", refused.Message, StringComparison.Ordinal);
        Assert.Contains("dapr init --slim", refused.Message, StringComparison.Ordinal);
        Assert.Contains("--runtime local", refused.Message, StringComparison.Ordinal);
    }

    private static StartedProgram Started(LocalHost host, string name) =>
        new(File.ReadAllLines(Assert.Single(Directory.GetFiles(host.DataPath, name + "*.started"))));

    private sealed class StartedProgram(string[] lines)
    {
        public string DaprApiToken => lines[0];

        public string AppApiToken => lines[1];

        public IEnumerable<string> Ports => lines.Where((line, at) => at > 1 && lines[at - 1].EndsWith("-port", StringComparison.Ordinal) && line.Length == 5);

        public string Flag(string name) => Assert.Single(Flags(name));

        public IReadOnlyList<string> Flags(string name) => [.. lines.Where((_, at) => at > 2 && lines[at - 1] == name)];
    }
}
