using System.Net;
using System.Text.Json;
using Agents.SdkTests.Scripted;
using Dapr.Client;

namespace Agents.SdkTests.State;

public sealed class StateBulkTests
{
    private const string Answer = """[{"key":"a","data":{"n": 1.50},"etag":"1"},{"key":"b","data":null,"etag":"2"},{"key":"c"},{"key":"d","error":"broken"}]""";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_bulk_read_gives_json_text_and_nothing_for_keys_that_are_missing_or_broken()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("POST /v1.0/state/store/bulk", 200, Answer);
        using var client = sidecar.Client();

        var items = await client.GetBulkStateAsync(
            "store", ["a", "b", "c", "d"], 4, new Dictionary<string, string> { ["partitionKey"] = "p" }, Cancelled);

        Assert.Equal([("a", """{"n": 1.50}""", "1"), ("b", "null", "2"), ("c", "", ""), ("d", "", "")], items.Select(item => (item.Key, item.Value, item.ETag)));
        Assert.Equal("""{"keys":["a","b","c","d"],"parallelism":4,"metadata":{"partitionKey":"p"}}""", sidecar.Received[0].Body);
    }

    [Fact]
    public async Task A_bulk_read_of_a_type_gives_its_default_for_keys_that_are_missing_or_broken()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("POST /v1.0/state/store/bulk", 200, Answer);
        using var client = sidecar.Client();

        var items = await client.GetBulkStateAsync<Thing?>("store", ["a", "b", "c", "d"], null, cancellationToken: Cancelled);

        Assert.Equal([("a", new Thing(1.5), "1"), ("b", null, "2"), ("c", null, ""), ("d", null, "")], items.Select(item => (item.Key, item.Value, item.ETag)));
        Assert.Equal("""{"keys":["a","b","c","d"]}""", sidecar.Received[0].Body);
    }

    [Fact]
    public async Task A_bulk_read_fails_on_a_refusal_on_nonsense_and_on_a_value_of_another_shape()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("POST /v1.0/state/store/bulk", 500).Answer("POST /v1.0/state/store/bulk", 200, "nonsense");
        sidecar.Answer("POST /v1.0/state/store/bulk", 200, """[{"key":"a","data":"text","etag":"1"}]""");
        using var client = sidecar.Client();

        await Failures.RefusedAsync("State", HttpStatusCode.InternalServerError, () => client.GetBulkStateAsync("store", ["a"], 1, cancellationToken: Cancelled));
        var nonsense = await Assert.ThrowsAsync<Dapr.DaprException>(() => client.GetBulkStateAsync("store", ["a"], 1, cancellationToken: Cancelled));
        Assert.IsType<JsonException>(nonsense.InnerException);
        await Assert.ThrowsAsync<JsonException>(() => client.GetBulkStateAsync<Thing>("store", ["a"], 1, cancellationToken: Cancelled));
    }

    [Fact]
    public async Task A_bulk_write_is_one_call_with_all_items()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("POST /v1.0/state/store").Answer("POST /v1.0/state/store", 409);
        using var client = sidecar.Client();
        SaveStateItem<int>[] items =
        [
            new("a", 1, null!),
            new("b", 2, "7", new StateOptions { Concurrency = ConcurrencyMode.FirstWrite }, new Dictionary<string, string> { ["ttlInSeconds"] = "5" }),
        ];

        await client.SaveBulkStateAsync("store", items, Cancelled);
        await Failures.RefusedAsync("State", HttpStatusCode.Conflict, () => client.SaveBulkStateAsync("store", items, Cancelled));

        Assert.Equal(
            """[{"key":"a","value":1},{"key":"b","value":2,"etag":"7","metadata":{"ttlInSeconds":"5"},"options":{"concurrency":"first-write"}}]""",
            sidecar.Received[0].Body);
    }

    [Fact]
    public async Task A_bulk_delete_is_a_delete_of_each_key_and_throws_when_one_fails()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("DELETE /v1.0/state/store/a?metadata.m=1").Answer("DELETE /v1.0/state/store/b?consistency=strong");
        sidecar.Answer("DELETE /v1.0/state/store/c", 409);
        using var client = sidecar.Client();

        await client.DeleteBulkStateAsync(
            "store",
            [
                new BulkDeleteStateItem("a", null!, metadata: new Dictionary<string, string> { ["m"] = "1" }),
                new BulkDeleteStateItem("b", "7", new StateOptions { Consistency = ConsistencyMode.Strong }),
            ],
            Cancelled);
        await Failures.RefusedAsync("State", HttpStatusCode.Conflict, () => client.DeleteBulkStateAsync("store", [new BulkDeleteStateItem("c", "7")], Cancelled));

        Assert.Equal("7", sidecar.Received.Single(request => request.Target.Contains("/b?", StringComparison.Ordinal)).Header("If-Match"));
        Assert.Null(sidecar.Received.Single(request => request.Target.Contains("/a?", StringComparison.Ordinal)).Header("If-Match"));
    }

    [Fact]
    public async Task Empty_lists_are_refused_before_anything_is_sent()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        using var client = sidecar.Client();

        await Assert.ThrowsAsync<ArgumentException>(() => client.GetBulkStateAsync("store", [], 1, cancellationToken: Cancelled));
        await Assert.ThrowsAsync<ArgumentException>(() => client.GetBulkStateAsync<int>("store", [], 1, cancellationToken: Cancelled));
        await Assert.ThrowsAsync<ArgumentException>(() => client.SaveBulkStateAsync<int>("store", [], Cancelled));

        Assert.Empty(sidecar.Received);
    }

    private sealed record Thing(double N);
}
