using Agents.SdkTests.Scripted;
using Dapr;
using Dapr.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Agents.SdkTests.Sidecar;

public sealed class ConfigurationTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null, "3601", "http://localhost:3601/")]
    [InlineData("https://sidecar:8443", "3601", "https://sidecar:8443/")]
    [InlineData("http://sidecar:3601/", null, "http://sidecar:3601/")]
    public void The_endpoint_wins_over_the_port(string? endpoint, string? port, string expected) =>
        Assert.Equal(expected, DaprDefaults.GetDefaultHttpEndpoint(Configured(("DAPR_HTTP_ENDPOINT", endpoint), ("DAPR_HTTP_PORT", port))));

    [Fact]
    public void Tokens_come_from_the_configuration()
    {
        var configuration = Configured(("DAPR_API_TOKEN", "to the sidecar"), ("APP_API_TOKEN", "to the app"));

        Assert.Equal("to the sidecar", DaprDefaults.GetDefaultDaprApiToken(configuration));
        Assert.Equal("to the app", DaprDefaults.GetDefaultAppApiToken(configuration));
    }

    [Fact]
    public void An_endpoint_has_to_be_an_absolute_http_url()
    {
        Assert.Throws<ArgumentException>(() => new DaprClientBuilder().UseHttpEndpoint(""));
        Assert.Throws<ArgumentNullException>(() => new DaprClientBuilder().UseHttpEndpoint(null!));
        Assert.Throws<UriFormatException>(() => new DaprClientBuilder().UseHttpEndpoint("sidecar").Build());
        Assert.Throws<InvalidOperationException>(() => new DaprClientBuilder().UseHttpEndpoint("ftp://sidecar").Build());
    }

    [Fact]
    public async Task A_registered_client_reads_the_configuration_and_lets_it_be_changed()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("GET /v1.0/state/store/k", 200, "1");
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(Configured(("DAPR_HTTP_ENDPOINT", sidecar.Address), ("DAPR_API_TOKEN", "configured")));
        services.AddDaprClient((_, builder) => builder.UseDaprApiToken("changed"));
        services.AddDaprClient(builder => builder.UseHttpEndpoint("http://never:1"));
        await using var provider = services.BuildServiceProvider();

        var client = provider.GetRequiredService<DaprClient>();

        Assert.Equal(1, await client.GetStateAsync<int>("store", "k", cancellationToken: Cancelled));
        Assert.Equal("changed", sidecar.Received[0].Header("dapr-api-token"));
        Assert.Same(client, provider.GetRequiredService<DaprClient>());
    }

    [Fact]
    public async Task A_client_can_live_as_long_as_a_scope()
    {
        var services = new ServiceCollection();
        services.AddDaprClient(lifetime: ServiceLifetime.Scoped);
        await using var provider = services.BuildServiceProvider();
        await using var one = provider.CreateAsyncScope();
        await using var other = provider.CreateAsyncScope();

        Assert.NotSame(one.ServiceProvider.GetRequiredService<DaprClient>(), other.ServiceProvider.GetRequiredService<DaprClient>());
    }

    [Fact]
    public async Task A_disposed_client_no_longer_calls()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        var client = sidecar.Client();

        client.Dispose();
        client.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.GetStateAsync<int>("store", "k", cancellationToken: Cancelled));
    }

    private static IConfigurationRoot Configured(params (string Name, string? Value)[] values) =>
        new ConfigurationBuilder().AddInMemoryCollection(values.Select(item => KeyValuePair.Create(item.Name, item.Value))).Build();
}
