using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Agents.Analytics.Archive;
using Agents.Local;
using Agents.Local.Processes;
using Agents.Testing;

[assembly: AssemblyFixture(typeof(Agents.Analytics.Tests.AnalyticsStack))]

namespace Agents.Analytics.Tests;

/// <summary>The whole product with two replicas of analytics, and a way to publish what no service would.</summary>
public sealed class AnalyticsStack : Stack
{
    private readonly HttpClient _sidecar = new(new SocketsHttpHandler { UseProxy = false });

    /// <summary>The analytics processes.</summary>
    public IReadOnlyList<Child> Replicas => [.. Host.Services.Where(child => child.AppId == "analytics")];

    /// <summary>A client that talks to one replica, past the front door.</summary>
    public ApiClient At(Child replica, ApiClient like) =>
        Client(like.Http.DefaultRequestHeaders.Authorization?.Parameter, new Uri($"http://127.0.0.1:{replica.AppPort}"));

    /// <summary>A new tenant by id, with a client that may read its figures.</summary>
    public async Task<(string Id, ApiClient Client)> TenantAsync(CancellationToken cancellationToken)
    {
        var id = (await Operator.CreateAsync("/v1/tenants", new { name = "A tenant of a test" }, cancellationToken)).Text("id");
        return (id, await NewKeyAsync(id, cancellationToken, "analytics"));
    }

    /// <summary>Publishes as a service would: CloudEvents, through the sidecar.</summary>
    internal async Task PublishAsync(string topic, IEnumerable<ArchivedEvent> events, CancellationToken cancellationToken)
    {
        foreach (var one in events)
        {
            var message = new JsonObject
            {
                ["specversion"] = "1.0",
                ["id"] = one.Id,
                ["type"] = one.Type,
                ["source"] = "tests",
                ["datacontenttype"] = "application/json",
                ["data"] = JsonNode.Parse(one.Data!.Value.GetRawText()),
            };
            await PublishAsync(topic, message, cancellationToken);
        }
    }

    public async Task PublishAsync(string topic, JsonNode message, CancellationToken cancellationToken)
    {
        var port = Host.Services.First(child => child.AppId == "conversation").DaprHttpPort;
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{port}/v1.0/publish/pubsub/{topic}");
        request.Content = JsonContent.Create(message, new MediaTypeHeaderValue("application/cloudevents+json"));
        request.Headers.Add("dapr-api-token", Host.DaprApiToken);
        using var response = await _sidecar.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
    }

    public override async ValueTask DisposeAsync()
    {
        _sidecar.Dispose();
        await base.DisposeAsync();
    }

    protected override ValueTask<LocalHostOptions> ConfigureAsync(LocalHostOptions options) =>
        ValueTask.FromResult(options with { Replicas = new Dictionary<string, int> { ["analytics"] = 2 } });
}
