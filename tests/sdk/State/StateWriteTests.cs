using System.Net;
using Agents.SdkTests.Scripted;
using Dapr.Client;

namespace Agents.SdkTests.State;

public sealed class StateWriteTests
{
    private static readonly Dictionary<string, string> Ttl = new() { ["ttlInSeconds"] = "60" };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_save_is_one_item_without_etag()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("POST /v1.0/state/store");
        using var client = sidecar.Client(builder => builder.UseDaprApiToken("secret"));

        await client.SaveStateAsync("store", "a/b", new { Name = "ü" }, cancellationToken: Cancelled);

        var request = Assert.Single(sidecar.Received);
        Assert.Equal("""[{"key":"a/b","value":{"name":"\u00FC"}}]""", request.Body);
        Assert.Equal("application/json", request.Header("Content-Type"));
        Assert.Equal(request.Body.Length.ToString(System.Globalization.CultureInfo.InvariantCulture), request.Header("Content-Length"));
        Assert.Equal("secret", request.Header("dapr-api-token"));
    }

    [Fact]
    public async Task Metadata_and_options_go_into_the_item()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("POST /v1.0/state/store").Answer("POST /v1.0/state/store");
        using var client = sidecar.Client();
        var first = new StateOptions { Concurrency = ConcurrencyMode.FirstWrite, Consistency = ConsistencyMode.Strong };
        var last = new StateOptions { Concurrency = ConcurrencyMode.LastWrite, Consistency = ConsistencyMode.Eventual };

        await client.SaveStateAsync("store", "k", 1, first, Ttl, Cancelled);
        await client.SaveStateAsync("store", "k", 1, last, cancellationToken: Cancelled);

        Assert.Equal(
            """[{"key":"k","value":1,"metadata":{"ttlInSeconds":"60"},"options":{"concurrency":"first-write","consistency":"strong"}}]""",
            sidecar.Received[0].Body);
        Assert.Equal(
            """[{"key":"k","value":1,"options":{"concurrency":"last-write","consistency":"eventual"}}]""",
            sidecar.Received[1].Body);
    }

    [Fact]
    public async Task Nothing_is_saved_as_null()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("POST /v1.0/state/store");
        using var client = sidecar.Client();

        await client.SaveStateAsync<string?>("store", "k", null, cancellationToken: Cancelled);

        Assert.Equal("""[{"key":"k","value":null}]""", sidecar.Received[0].Body);
    }

    [Fact]
    public async Task A_conflict_without_an_etag_throws()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("POST /v1.0/state/store", 409, """{"errorCode":"ERR_STATE_SAVE","message":"possible etag mismatch"}""");
        using var client = sidecar.Client();

        await Failures.RefusedAsync("State", HttpStatusCode.Conflict, () => client.SaveStateAsync("store", "k", 1, cancellationToken: Cancelled));
    }

    [Theory]
    [InlineData(204, true)]
    [InlineData(409, false)]
    public async Task Trying_to_save_says_whether_the_etag_matched(int status, bool saved)
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("POST /v1.0/state/store", status);
        using var client = sidecar.Client();

        Assert.Equal(saved, await client.TrySaveStateAsync("store", "k", 1, "7", metadata: Ttl, cancellationToken: Cancelled));
        Assert.Equal("""[{"key":"k","value":1,"etag":"7","metadata":{"ttlInSeconds":"60"}}]""", sidecar.Received[0].Body);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(500)]
    public async Task Trying_throws_on_anything_but_a_mismatch(int status)
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("POST /v1.0/state/store", status).Answer("DELETE /v1.0/state/store/k", status);
        using var client = sidecar.Client();

        await Failures.RefusedAsync("State", (HttpStatusCode)status, () => client.TrySaveStateAsync("store", "k", 1, "7", cancellationToken: Cancelled));
        await Failures.RefusedAsync("State", (HttpStatusCode)status, () => client.TryDeleteStateAsync("store", "k", "7", cancellationToken: Cancelled));
    }

    [Fact]
    public async Task An_empty_etag_is_passed_on_and_a_missing_one_is_refused()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("POST /v1.0/state/store").Answer("DELETE /v1.0/state/store/k");
        using var client = sidecar.Client();

        Assert.True(await client.TrySaveStateAsync("store", "k", 1, "", cancellationToken: Cancelled));
        Assert.True(await client.TryDeleteStateAsync("store", "k", "", cancellationToken: Cancelled));
        await Assert.ThrowsAsync<ArgumentNullException>(() => client.TrySaveStateAsync("store", "k", 1, null!, cancellationToken: Cancelled));
        await Assert.ThrowsAsync<ArgumentNullException>(() => client.TryDeleteStateAsync("store", "k", null!, cancellationToken: Cancelled));

        Assert.Equal("""[{"key":"k","value":1,"etag":""}]""", sidecar.Received[0].Body);
        Assert.Equal("", sidecar.Received[1].Header("If-Match"));
    }

    [Fact]
    public async Task A_delete_carries_options_and_metadata_in_the_query()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("DELETE /v1.0/state/store/a%2Fb?concurrency=first-write&consistency=strong&metadata.ttlInSeconds=60");
        using var client = sidecar.Client();

        await client.DeleteStateAsync(
            "store", "a/b", new StateOptions { Concurrency = ConcurrencyMode.FirstWrite, Consistency = ConsistencyMode.Strong }, Ttl, Cancelled);

        Assert.Null(sidecar.Received[0].Header("If-Match"));
        Assert.Equal("", sidecar.Received[0].Body);
    }

    [Theory]
    [InlineData(204, true)]
    [InlineData(409, false)]
    public async Task Trying_to_delete_says_whether_the_etag_matched(int status, bool deleted)
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("DELETE /v1.0/state/store/k", status);
        using var client = sidecar.Client();

        Assert.Equal(deleted, await client.TryDeleteStateAsync("store", "k", "ec4b179c", cancellationToken: Cancelled));
        Assert.Equal("ec4b179c", sidecar.Received[0].Header("If-Match"));
    }

    [Fact]
    public async Task Missing_names_are_refused_before_anything_is_sent()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        using var client = sidecar.Client();

        await Assert.ThrowsAsync<ArgumentException>(() => client.SaveStateAsync("", "k", 1, cancellationToken: Cancelled));
        await Assert.ThrowsAsync<ArgumentNullException>(() => client.SaveStateAsync("store", null!, 1, cancellationToken: Cancelled));
        await Assert.ThrowsAsync<ArgumentException>(() => client.TrySaveStateAsync("store", "", 1, "7", cancellationToken: Cancelled));
        await Assert.ThrowsAsync<ArgumentException>(() => client.DeleteStateAsync("store", "", cancellationToken: Cancelled));
        await Assert.ThrowsAsync<ArgumentNullException>(() => client.TryDeleteStateAsync(null!, "k", "7", cancellationToken: Cancelled));

        Assert.Empty(sidecar.Received);
    }
}
