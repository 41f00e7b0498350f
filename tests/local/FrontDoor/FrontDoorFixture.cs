using System.Net;
using Agents.Local.FrontDoor;

namespace Agents.Local.Tests.FrontDoor;

/// <summary>A front door before real servers on real sockets.</summary>
internal sealed class FrontDoorFixture : IAsyncDisposable
{
    private readonly List<WebApplication> _servers = [];
    private FrontDoorServer _door = null!;

    public HttpClient Client { get; private set; } = null!;

    public List<Upstream> Replicas { get; } = [];

    public bool IsReady { get; set; } = true;

    public static async Task<FrontDoorFixture> StartAsync(CancellationToken cancellationToken, params RequestDelegate[] replicas)
    {
        var fixture = new FrontDoorFixture();
        foreach (var replica in replicas)
            fixture.Replicas.Add(new Upstream(await fixture.ServeAsync(replica), IsReady: true));
        fixture._door = await FrontDoorServer.StartAsync(0, _ => fixture.Replicas, () => fixture.IsReady, cancellationToken);
        fixture.Client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false })
        {
            BaseAddress = new Uri($"http://127.0.0.1:{fixture._door.Address.Port}"),
        };
        return fixture;
    }

    /// <summary>An address nobody listens on.</summary>
    public static Uri Nobody { get; } = new("http://127.0.0.1:1");

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _door.DisposeAsync();
        foreach (var server in _servers)
            await server.DisposeAsync();
    }

    private async Task<Uri> ServeAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Limits.MaxRequestBodySize = 2 * 1024 * 1024;
            kestrel.ResponseHeaderEncodingSelector = _ => System.Text.Encoding.UTF8;
        });
        var server = builder.Build();
        _servers.Add(server);
        server.Run(answer);
        await server.StartAsync();
        return new Uri(server.Urls.Single());
    }
}
