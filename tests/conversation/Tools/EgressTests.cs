using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Agents.Conversation.Hooks;
using Agents.Testing.Attacks;
using Xunit;

namespace Agents.Conversation.Tests.Tools;

/// <summary>Where requests may go whose target somebody else chose. A sink on loopback counts who comes.</summary>
public sealed class EgressTests : IDisposable
{
    private readonly TcpListener _sink = new(IPAddress.Loopback, 0);
    private readonly int _port;

    public EgressTests()
    {
        _sink.Start();
        _port = ((IPEndPoint)_sink.LocalEndpoint).Port;
    }

    public void Dispose() => _sink.Dispose();

    [Fact]
    public async Task An_address_inside_is_connected_to_by_no_way_out_however_it_is_written()
    {
        var token = TestContext.Current.CancellationToken;
        using var egress = new EgressClient(Configuration());
        var (http, mcp) = (new HttpHook(egress, TimeProvider.System), new McpHook(egress, TimeProvider.System));
        foreach (var url in InsideAddresses.Hosts.Select(host => $"http://{host}:{_port}/").Concat(InsideAddresses.Urls))
        {
            var sent = await http.SendAsync(Request(url), token);
            Assert.True(sent.Status == 0 && Refusals.Contains(sent.Text), $"{url}: {sent}");
            // An agent's server is an address in form, or the agent is refused.
            if (!Uri.TryCreate(url, UriKind.Absolute, out _))
                continue;
            var called = await mcp.CallAsync(new CallMcp(new McpServer(url, new Dictionary<string, string>(), 5), "run", JsonSerializer.SerializeToElement(new { }), "key"), token);
            Assert.True(called.Failed && (Refusals.Contains(called.Text) || called.Text == "The server does not answer as it should."), $"{url}: {called}");
        }
        Assert.False(_sink.Pending());
    }

    private static readonly string[] Refusals = [EgressClient.NotAllowed, "The host does not answer."];

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("93.184.216.34", "127.0.0.1")]
    [InlineData("2606:2800:220:1::1", "10.0.0.1")]
    [InlineData("93.184.216.34", "::1")]
    public async Task A_name_with_any_address_inside_is_refused(params string[] addresses)
    {
        using var egress = new EgressClient(Configuration(), (_, _) => Task.FromResult<IPAddress[]>([.. addresses.Select(IPAddress.Parse)]));
        Assert.Equal(EgressClient.NotAllowed, (await new HttpHook(egress, TimeProvider.System).SendAsync(Request($"http://rebind.example:{_port}/"), TestContext.Current.CancellationToken)).Text);
        Assert.False(_sink.Pending());
    }

    [Fact]
    public async Task A_name_that_changes_its_meaning_is_looked_up_once_per_connection_and_judged_by_that()
    {
        var token = TestContext.Current.CancellationToken;
        var looked = 0;
        using var egress = new EgressClient(
            Configuration(), (_, _) => Task.FromResult<IPAddress[]>([Interlocked.Increment(ref looked) % 2 == 1 ? IPAddress.Parse("192.0.2.1") : IPAddress.Loopback]));
        for (var n = 0; n < 4; n++)
            Assert.Equal(EgressClient.NotAllowed, (await new HttpHook(egress, TimeProvider.System).SendAsync(Request($"http://rebind.example:{_port}/"), token)).Text);
        Assert.Equal(4, looked);
        Assert.False(_sink.Pending());
    }

    [Theory]
    [InlineData("DAPR_HTTP_PORT")]
    [InlineData("DAPR_GRPC_PORT")]
    [InlineData("APP_PORT")]
    public async Task The_sidecars_ports_are_refused_even_when_somebody_allowed_them(string name)
    {
        using var egress = new EgressClient(Configuration((name, $"{_port}"), ("Egress:Allow:0", $"127.0.0.1:{_port}")));
        Assert.Equal(EgressClient.NotAllowed, (await new HttpHook(egress, TimeProvider.System).SendAsync(Request($"http://127.0.0.1:{_port}/"), TestContext.Current.CancellationToken)).Text);
        Assert.False(_sink.Pending());
    }

    [Theory]
    [InlineData("93.184.216.34")]
    [InlineData("1.1.1.1")]
    [InlineData("172.32.0.1")]
    [InlineData("100.128.0.1")]
    [InlineData("2606:2800:220:1::1")]
    [InlineData("64:ff9b::5db8:d822")]
    public void Addresses_out_in_the_world_are_public(string address) => Assert.True(PublicAddress.Is(IPAddress.Parse(address)));

    private static IConfiguration Configuration(params (string Name, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create<string, string?>(setting.Name, setting.Value))).Build();

    private static SendHttp Request(string url) => new(url, "GET", new Dictionary<string, string>(), null, "key", 5);
}
