using System.Net.Http.Headers;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Agents.Local;
using Agents.Testing.FakeModels;
using Xunit;

namespace Agents.Testing;

/// <summary>
/// The whole product as its users meet it: runtime, services and front door as real processes on a temporary folder, with a scripted
/// model endpoint as the only stand-in. One per test project; tests keep apart by tenant.
/// </summary>
public class Stack : IAsyncLifetime
{
    private LocalHost? _host;

    public Stack() => Publisher = new Publisher(this);

    /// <summary>The scripted model endpoint; a test takes a model of its own with <see cref="FakeModelServer.NewModel(Reply[])"/>.</summary>
    public FakeModelServer Models { get; } = new();

    /// <summary>Whoever is outside and publishes.</summary>
    public Publisher Publisher { get; }

    /// <summary>The processes.</summary>
    public LocalHost Host => _host ?? throw new InvalidOperationException("The stack has not started.");

    /// <summary>The checkout that these tests were built from.</summary>
    public static string RepositoryRoot { get; } = typeof(Stack).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(metadata => metadata.Key == nameof(RepositoryRoot)).Value!;

    /// <summary>The operator: admin of tenant <c>default</c>.</summary>
    public ApiClient Operator => Client(Host.ApiKey);

    /// <summary>How this stack differs from one of each.</summary>
    protected virtual ValueTask<LocalHostOptions> ConfigureAsync(LocalHostOptions options) => ValueTask.FromResult(options);

    public async ValueTask InitializeAsync()
    {
        await Models.StartAsync();
        var environment = new Dictionary<string, string>
        {
            // Test runs are denser than any key's allowance; the limiter has a test of its own.
            ["RateLimit__RequestsPerSecond"] = "100000",
            ["RateLimit__Burst"] = "100000",
        };
        foreach (var (name, value) in Models.Configuration)
            environment[name] = value;
        var options = await ConfigureAsync(new LocalHostOptions { Port = 0, Environment = environment, Diagnostics = _ => { } });
        _host = await LocalHost.StartAsync(options, CancellationToken.None);
    }

    public virtual async ValueTask DisposeAsync()
    {
        if (_host is not null)
            await _host.DisposeAsync();
        await Models.DisposeAsync();
        Publisher.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>A client at the front door with this key; null sends none.</summary>
    public ApiClient Client(string? key, Uri? address = null)
    {
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false })
        {
            BaseAddress = address ?? Host.Address,
            Timeout = TimeSpan.FromSeconds(60),
        };
        if (key is not null)
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return new ApiClient(http);
    }

    /// <summary>A client that talks to one replica of one service, past the front door.</summary>
    public ApiClient At(string app, int replica, string? key) =>
        Client(key, new Uri($"http://127.0.0.1:{Host.Services.Single(child => child.AppId == app && child.Replica == replica).AppPort}"));

    /// <summary>A new tenant and a client that holds a key of it; all scopes by <c>admin</c> when none are named.</summary>
    public async Task<ApiClient> NewTenantAsync(CancellationToken cancellationToken, params string[] scopes)
    {
        var tenant = await Operator.CreateAsync("/v1/tenants", new { name = "A tenant of a test" }, cancellationToken);
        return await NewKeyAsync(tenant.Text("id"), cancellationToken, scopes);
    }

    /// <summary>A client with a new key of a tenant.</summary>
    public async Task<ApiClient> NewKeyAsync(string tenant, CancellationToken cancellationToken, params string[] scopes)
    {
        var key = await Operator.CreateAsync(
            "/v1/keys", new { name = "test", tenant, scopes = scopes.Length > 0 ? scopes : ["admin"] }, cancellationToken);
        return Client(key.Text("key"));
    }
}

/// <summary>What tests read from JSON, failing loudly when it is not there.</summary>
public static class JsonReading
{
    public static string Text(this JsonNode? node, string name) =>
        node?[name]?.GetValue<string>() ?? throw new InvalidOperationException($"No text '{name}' in {node?.ToJsonString()}");

    public static int Number(this JsonNode? node, string name) =>
        node?[name]?.GetValue<int>() ?? throw new InvalidOperationException($"No number '{name}' in {node?.ToJsonString()}");

    public static JsonArray List(this JsonNode? node, string name) =>
        node?[name] as JsonArray ?? throw new InvalidOperationException($"No list '{name}' in {node?.ToJsonString()}");

    internal static async Task<JsonNode> JsonAsync(this HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        try
        {
            return JsonNode.Parse(text) ?? throw new InvalidOperationException($"{(int)response.StatusCode} with the body null");
        }
        catch (JsonException)
        {
            throw new InvalidOperationException($"{(int)response.StatusCode} is not JSON: {text}");
        }
    }
}
