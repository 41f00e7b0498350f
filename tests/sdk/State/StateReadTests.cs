using System.Net;
using System.Text.Json;
using Agents.SdkTests.Scripted;
using Dapr;
using Dapr.Client;

namespace Agents.SdkTests.State;

public sealed class StateReadTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_read_escapes_the_key_and_carries_consistency_metadata_token_and_name_of_the_client()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("GET /v1.0/state/store/session%2Ft%201%2F%2B?consistency=strong&metadata.partitionKey=a%26b", 200, """{"n":1}""", "7");
        using var client = sidecar.Client(builder => builder.UseDaprApiToken("secret"));

        var (value, etag) = await client.GetStateAndETagAsync<Thing>(
            "store", "session/t 1/+", ConsistencyMode.Strong, new Dictionary<string, string> { ["partitionKey"] = "a&b" }, Cancelled);

        Assert.Equal(new Thing(1), value);
        Assert.Equal("7", etag);
        var request = Assert.Single(sidecar.Received);
        Assert.Equal("secret", request.Header("dapr-api-token"));
        Assert.Equal("dapr-sdk-dotnet/v1.18.5", request.Header("User-Agent"));
    }

    [Theory]
    [InlineData(204)]
    [InlineData(200)]
    public async Task A_missing_key_is_the_default_value_with_an_empty_etag(int status)
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("GET /v1.0/state/store/k", status).Answer("GET /v1.0/state/store/k", status);
        using var client = sidecar.Client();

        Assert.Equal((0, ""), await client.GetStateAndETagAsync<int>("store", "k", cancellationToken: Cancelled));
        Assert.Null(await client.GetStateAsync<Thing?>("store", "k", cancellationToken: Cancelled));
        Assert.Null(sidecar.Received[0].Header("dapr-api-token"));
    }

    [Fact]
    public async Task Values_are_read_with_the_options_of_the_client()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("GET /v1.0/state/store/k", 200, """{"N":1}""").Answer("GET /v1.0/state/store/k", 200, """{"N":"2"}""");
        using var strict = sidecar.Client(builder => builder.UseJsonSerializationOptions(new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.CamelCase }));
        using var web = sidecar.Client();

        Assert.Equal(new Thing(0), await strict.GetStateAsync<Thing>("store", "k", cancellationToken: Cancelled));
        Assert.Equal(new Thing(2), await web.GetStateAsync<Thing>("store", "k", cancellationToken: Cancelled));
    }

    [Fact]
    public async Task A_value_of_another_shape_is_told_apart_from_a_failed_call()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("GET /v1.0/state/store/k", 200, "[1]");
        using var client = sidecar.Client();

        var error = await Assert.ThrowsAsync<DaprException>(() => client.GetStateAsync<Thing>("store", "k", cancellationToken: Cancelled));

        Assert.Equal("State operation failed: the state payload could not be deserialized. See InnerException for details.", error.Message);
        Assert.IsType<JsonException>(error.InnerException);
    }

    [Theory]
    [InlineData(400, """{"errorCode":"ERR_STATE_STORE_NOT_FOUND","message":"state store store is not found"}""", "400 ERR_STATE_STORE_NOT_FOUND: state store store is not found")]
    [InlineData(409, """{"errorCode":"ERR_STATE_GET","message":"odd"}""", "409 ERR_STATE_GET: odd")]
    [InlineData(401, "invalid api token", "401 invalid api token")]
    [InlineData(500, "", "500 ")]
    public async Task A_refusal_is_a_DaprException_that_says_what_the_sidecar_said(int status, string body, string said)
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("GET /v1.0/state/store/k", status, body);
        using var client = sidecar.Client();

        var inner = await Failures.RefusedAsync("State", (HttpStatusCode)status, () => client.GetStateAsync<int>("store", "k", cancellationToken: Cancelled));

        Assert.Equal(said, inner.Message);
    }

    [Fact]
    public async Task A_sidecar_that_is_not_there_is_a_DaprException()
    {
        using var client = new DaprClientBuilder().UseHttpEndpoint("http://127.0.0.1:1").Build();

        await Failures.RefusedAsync("State", null, () => client.GetStateAsync<int>("store", "k", cancellationToken: Cancelled));
    }

    [Fact]
    public async Task A_call_that_takes_too_long_is_a_DaprException_and_a_cancelled_one_is_not()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        var asked = new TaskCompletionSource();
        sidecar.Answer("GET /v1.0/state/store/slow", context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        sidecar.Answer("GET /v1.0/state/store/cancelled", context =>
        {
            asked.SetResult();
            return Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        using var hasty = sidecar.Client(builder => builder.UseTimeout(TimeSpan.FromMilliseconds(50)));
        using var patient = sidecar.Client();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);

        var timeout = await Assert.ThrowsAsync<DaprException>(() => hasty.GetStateAsync<int>("store", "slow", cancellationToken: Cancelled));
        Assert.IsType<TaskCanceledException>(timeout.InnerException);

        var call = patient.GetStateAsync<int>("store", "cancelled", cancellationToken: cancel.Token);
        await asked.Task.WaitAsync(Cancelled);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public async Task Missing_names_are_refused_before_anything_is_sent()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        using var client = sidecar.Client();

        await Assert.ThrowsAsync<ArgumentNullException>(() => client.GetStateAsync<int>(null!, "k", cancellationToken: Cancelled));
        await Assert.ThrowsAsync<ArgumentException>(() => client.GetStateAsync<int>("", "k", cancellationToken: Cancelled));
        await Assert.ThrowsAsync<ArgumentNullException>(() => client.GetStateAndETagAsync<int>("store", null!, cancellationToken: Cancelled));
        await Assert.ThrowsAsync<ArgumentException>(() => client.GetStateEntryAsync<int>("store", "", cancellationToken: Cancelled));

        Assert.Empty(sidecar.Received);
    }

    [Fact]
    public async Task An_entry_writes_with_its_etag_only_when_it_tries_to()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("GET /v1.0/state/store/k", 200, """{"n":1}""", "e1");
        sidecar.Answer("POST /v1.0/state/store").Answer("POST /v1.0/state/store", 409);
        sidecar.Answer("DELETE /v1.0/state/store/k").Answer("DELETE /v1.0/state/store/k", 409);
        using var client = sidecar.Client();

        var entry = await client.GetStateEntryAsync<Thing>("store", "k", cancellationToken: Cancelled);
        entry.Value = entry.Value with { N = 2 };
        await entry.SaveAsync(cancellationToken: Cancelled);
        Assert.False(await entry.TrySaveAsync(cancellationToken: Cancelled));
        await entry.DeleteAsync(cancellationToken: Cancelled);
        Assert.False(await entry.TryDeleteAsync(cancellationToken: Cancelled));

        Assert.Equal("""[{"key":"k","value":{"n":2}}]""", sidecar.Received[1].Body);
        Assert.Equal("""[{"key":"k","value":{"n":2},"etag":"e1"}]""", sidecar.Received[2].Body);
        Assert.Null(sidecar.Received[3].Header("If-Match"));
        Assert.Equal("e1", sidecar.Received[4].Header("If-Match"));
    }

    private sealed record Thing(int N);
}
