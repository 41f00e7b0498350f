using System.Net;
using Dapr;
using Dapr.Actors;
using Dapr.Actors.Client;
using Dapr.Actors.Runtime;

namespace Agents.Conformance.JavaScript;

/// <summary>Called by JavaScript, whose proxies send the arguments of a method as one JSON array.</summary>
internal interface ICSharpCounter : IActor
{
    Task<int> Add(int[] amounts);

    Task<int> AddInJavaScript(string[] ids);

    Task Fail();

    Task<string> FailInJavaScript(string[] ids);
}

/// <summary>An actor on this repository's SDK.</summary>
internal sealed class CSharpCounter(ActorHost host) : Actor(host), ICSharpCounter
{
    public Task<int> Add(int[] amounts) => StateManager.AddOrUpdateStateAsync("total", amounts.Sum(), (_, old) => old + amounts.Sum());

    public Task<int> AddInJavaScript(string[] ids) => JavaScript(ids[0]).InvokeMethodAsync<int[], int>("add", [1]);

    public Task Fail() => throw new InvalidOperationException("The counter in C# broke.");

    public async Task<string> FailInJavaScript(string[] ids)
    {
        try
        {
            await JavaScript(ids[0]).InvokeMethodAsync("fail");
            return "no error";
        }
        catch (DaprApiException error)
        {
            // The caller looks at what came back.
            return error.ErrorCode;
        }
    }

    private ActorProxy JavaScript(string id) => ProxyFactory.Create(new ActorId(id), "JsCounter");
}

/// <summary>An app in C# behind a sidecar of its own.</summary>
internal static class CSharpApp
{
    public const string AppId = "csharp";

    /// <param name="port">Where its sidecar expects it.</param>
    /// <param name="sidecar">The sidecar's HTTP API.</param>
    public static async Task<WebApplication> StartAsync(int port, Uri sidecar, string? apiToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        builder.Services.AddActors(options =>
        {
            options.HttpEndpoint = sidecar.ToString();
            options.DaprApiToken = apiToken;
            options.Actors.RegisterActor<CSharpCounter>();
        });
        var app = builder.Build();
        app.MapActorsHandlers();
        app.MapPost("/double", async (HttpRequest request) =>
        {
            var number = await request.ReadFromJsonAsync<Number>();
            return new { n = number!.N * 2, caller = request.Headers["Dapr-Caller-App-Id"].ToString() };
        });
        await app.StartAsync();
        return app;
    }

    private sealed record Number(int N);
}
