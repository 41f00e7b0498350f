using System.Net;
using Agents.SdkTests.Scripted;
using Dapr.Client;

namespace Agents.SdkTests.Sidecar;

public sealed class SidecarTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(204, true)]
    [InlineData(500, false)]
    public async Task Health_is_the_status_of_the_probe(int status, bool healthy)
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("GET /v1.0/healthz", status).Answer("GET /v1.0/healthz/outbound", status);
        using var client = sidecar.Client();

        Assert.Equal(healthy, await client.CheckHealthAsync(Cancelled));
        Assert.Equal(healthy, await client.CheckOutboundHealthAsync(Cancelled));
    }

    [Fact]
    public async Task A_sidecar_that_is_not_there_is_not_healthy()
    {
        using var client = new DaprClientBuilder().UseHttpEndpoint("http://127.0.0.1:1").Build();

        Assert.False(await client.CheckHealthAsync(Cancelled));
        Assert.False(await client.CheckOutboundHealthAsync(Cancelled));
    }

    [Fact]
    public async Task A_sidecar_that_says_nothing_is_not_healthy()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("GET /v1.0/healthz/outbound", context => Task.Delay(Timeout.Infinite, context.RequestAborted)).Answer("GET /v1.0/healthz/outbound");
        using var client = sidecar.Client(builder => builder.UseTimeout(TimeSpan.FromMilliseconds(500)));

        Assert.False(await client.CheckOutboundHealthAsync(Cancelled));
        Assert.True(await client.CheckOutboundHealthAsync(Cancelled));
    }

    [Fact]
    public async Task Waiting_ends_when_the_sidecar_can_be_called()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("GET /v1.0/healthz/outbound", 500).Answer("GET /v1.0/healthz/outbound");
        using var client = sidecar.Client();

        await client.WaitForSidecarAsync(Cancelled);

        Assert.Equal(2, sidecar.Received.Count);
    }

    [Fact]
    public async Task Waiting_ends_when_it_is_cancelled()
    {
        using var client = new DaprClientBuilder().UseHttpEndpoint("http://127.0.0.1:1").Build();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        cancel.CancelAfter(TimeSpan.FromMilliseconds(50));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.WaitForSidecarAsync(cancel.Token));
    }

    [Fact]
    public async Task Metadata_name_the_app_its_actors_and_its_components()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("GET /v1.0/metadata", 200, """
            {"id":"retrieval","runtimeVersion":"1.18.3","actors":[{"type":"Old"}],"actorRuntime":{"runtimeStatus":"RUNNING","activeActors":[{"type":"Session","count":2},{"type":"Lane"}]},
             "components":[{"name":"statestore","type":"state.redis","version":"v1","capabilities":["ETAG","TTL"]},{"name":"secrets","type":"secretstores.local.env","version":"v1"}],
             "extended":{"daprRuntimeVersion":"1.18.3"}}
            """);
        using var client = sidecar.Client();

        var metadata = await client.GetMetadataAsync(Cancelled);

        Assert.Equal("retrieval", metadata.Id);
        Assert.Equal([("Session", 2), ("Lane", 0)], metadata.Actors.Select(actor => (actor.Type, actor.Count)));
        Assert.Equal("1.18.3", metadata.Extended["daprRuntimeVersion"]);
        Assert.Equal([("statestore", "state.redis", "v1"), ("secrets", "secretstores.local.env", "v1")], metadata.Components.Select(item => (item.Name, item.Type, item.Version)));
        Assert.Equal(["ETAG", "TTL"], metadata.Components[0].Capabilities);
        Assert.Empty(metadata.Components[1].Capabilities);
    }

    [Fact]
    public async Task Metadata_of_a_bare_sidecar_are_empty_and_not_null()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("GET /v1.0/metadata", 200, """{"id":"a","actors":[{"type":"Session"}]}""").Answer("GET /v1.0/metadata", 200, "{}");
        using var client = sidecar.Client();

        Assert.Equal("Session", Assert.Single((await client.GetMetadataAsync(Cancelled)).Actors).Type);
        var bare = await client.GetMetadataAsync(Cancelled);
        Assert.Equal("", bare.Id);
        Assert.Empty(bare.Components);
        Assert.Empty(bare.Extended);
    }

    [Fact]
    public async Task A_value_of_the_metadata_is_set_as_text()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("PUT /v1.0/metadata/my%20key").Answer("PUT /v1.0/metadata/k", 500);
        using var client = sidecar.Client();

        await client.SetMetadataAsync("my key", "a value", Cancelled);
        await Failures.RefusedAsync("Set metadata", HttpStatusCode.InternalServerError, () => client.SetMetadataAsync("k", "v", Cancelled));
        await Assert.ThrowsAsync<ArgumentException>(() => client.SetMetadataAsync("", "v", Cancelled));

        Assert.Equal(("a value", "text/plain"), (sidecar.Received[0].Body, sidecar.Received[0].Header("Content-Type")));
    }

    [Fact]
    public async Task A_failed_read_of_the_metadata_throws()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("GET /v1.0/metadata", 401, "invalid api token");
        using var client = sidecar.Client();

        await Failures.RefusedAsync("Get metadata", HttpStatusCode.Unauthorized, () => client.GetMetadataAsync(Cancelled));
    }

    [Fact]
    public async Task A_shutdown_is_asked_for_and_its_failure_is_not_wrapped()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("POST /v1.0/shutdown").Answer("POST /v1.0/shutdown", 401);
        using var client = sidecar.Client();

        await client.ShutdownSidecarAsync(Cancelled);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.ShutdownSidecarAsync(Cancelled));
    }
}
