using System.Net;
using System.Net.Sockets;
using Agents.Conversation.Hooks;
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

    /// <summary>Ways to write addresses that are not public, and names that stand for them.</summary>
    public static TheoryData<string> Inside { get; } =
    [
        "127.0.0.1", "127.1", "127.0.1", "0x7f000001", "0x7f.0.0.1", "017700000001", "0177.0.0.1", "2130706433", "127.255.255.254", "0.0.0.0", "0", "[::1]", "[::]",
        "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "localhost", "localhost.", "LOCALHOST", "sub.localhost", "１２７.０.０.１", "127。0。0。1", "①②⑦.0.0.1",
        "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "100.64.0.1", "169.254.169.254", "[::ffff:169.254.169.254]", "[fe80::1]", "[fd00::1]",
        "[fd00:ec2::254]", "[fec0::1]", "[ff02::1]", "[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::1]", "[2002:7f00:1::]", "[2002:c0a8:1::]", "[2001:0:4136:e378::]", "[2001:db8::1]",
        "[3fff::1]", "[100::1]", "192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "192.0.0.8", "192.88.99.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    ];

    [Theory]
    [MemberData(nameof(Inside))]
    public async Task An_address_inside_is_not_connected_to_however_it_is_written(string host)
    {
        var token = TestContext.Current.CancellationToken;
        using var egress = new EgressClient(Configuration());
        var sent = await new HttpHook(egress, TimeProvider.System).SendAsync(Request($"http://{host}:{_port}/"), token);
        Assert.Equal(0, sent.Status);
        Assert.Contains(sent.Text, new[] { EgressClient.NotAllowed, "The host does not answer." });
        Assert.False(_sink.Pending());
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("gopher://127.0.0.1/")]
    [InlineData("ftp://example.com/")]
    [InlineData("http://user:pass@example.com/")]
    [InlineData("//example.com/")]
    [InlineData("not an address")]
    public async Task Other_schemes_and_user_information_are_not_even_tried(string url)
    {
        using var egress = new EgressClient(Configuration());
        Assert.Equal(EgressClient.NotAllowed, (await new HttpHook(egress, TimeProvider.System).SendAsync(Request(url), TestContext.Current.CancellationToken)).Text);
    }

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
