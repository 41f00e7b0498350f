using System.Globalization;
using Agents.SdkTests.Scripted;
using Dapr;
using Dapr.AspNetCore;
using Dapr.Client;

namespace Agents.SdkTests.Sidecar;

/// <summary>Changes the environment of the process, so nothing else runs meanwhile.</summary>
[CollectionDefinition(nameof(EnvironmentTests), DisableParallelization = true)]
[Collection(nameof(EnvironmentTests))]
public sealed class EnvironmentTests : IDisposable
{
    private static readonly string[] Names = ["DAPR_HTTP_ENDPOINT", "DAPR_HTTP_PORT", "DAPR_API_TOKEN", "APP_API_TOKEN"];

    private readonly Dictionary<string, string?> _before = Names.ToDictionary(name => name, Environment.GetEnvironmentVariable);

    public EnvironmentTests() => Array.ForEach(Names, name => Environment.SetEnvironmentVariable(name, null));

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        foreach (var (name, value) in _before) Environment.SetEnvironmentVariable(name, value);
    }

    [Fact]
    public void Nothing_set_means_the_usual_port_and_no_tokens()
    {
        Assert.Equal("http://localhost:3500/", DaprDefaults.GetDefaultHttpEndpoint());
        Assert.Equal("", DaprDefaults.GetDefaultDaprApiToken(null));
        Assert.Equal("", DaprDefaults.GetDefaultAppApiToken(null));
    }

    [Fact]
    public async Task A_client_finds_its_sidecar_and_its_token_by_itself()
    {
        await using var sidecar = await StartAsync();
        sidecar.Answer("GET /v1.0/state/store/k", 200, "1");
        using var client = new DaprClientBuilder().Build();

        Assert.Equal(1, await client.GetStateAsync<int>("store", "k", cancellationToken: Cancelled));
        Assert.Equal("to the sidecar", sidecar.Received[0].Header("dapr-api-token"));
    }

    [Fact]
    public async Task A_handler_finds_the_token_and_a_client_made_without_one_shows_none()
    {
        await using var sidecar = await StartAsync();
        sidecar.Answer("GET /v1.0/invoke/app/method/x").Answer("GET /v1.0/invoke/app/method/x");
        using var handler = new InvocationHandler { InnerHandler = new SocketsHttpHandler() };
        using var own = new HttpClient(handler);
        using var made = DaprClient.CreateInvokeHttpClient("app");

        using var first = await own.GetAsync(new Uri("http://app/x"), Cancelled);
        using var second = await made.GetAsync("/x", Cancelled);

        Assert.Equal(["to the sidecar", null], sidecar.Received.Select(request => request.Header("dapr-api-token")));
    }

    [Fact]
    public void The_app_expects_the_token_of_the_environment()
    {
        Environment.SetEnvironmentVariable("APP_API_TOKEN", "to the app");

        Assert.Equal("to the app", new DaprAuthenticationOptions().Token);
    }

    private static async Task<ScriptedSidecar> StartAsync()
    {
        var sidecar = await ScriptedSidecar.StartAsync();
        Environment.SetEnvironmentVariable("DAPR_HTTP_PORT", new Uri(sidecar.Address).Port.ToString(CultureInfo.InvariantCulture));
        Environment.SetEnvironmentVariable("DAPR_API_TOKEN", "to the sidecar");
        return sidecar;
    }
}
