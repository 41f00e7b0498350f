using System.Net;
using System.Text;
using System.Text.Json;
using Agents.SdkTests.Scripted;
using Dapr.Client;

namespace Agents.SdkTests.State;

public sealed class StateTransactionTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Values_are_embedded_as_the_json_they_are()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("POST /v1.0/state/store/transaction");
        using var client = sidecar.Client();
        var value = JsonSerializer.SerializeToUtf8Bytes(new { Name = "x" }, client.JsonSerializerOptions);
        var metadata = new Dictionary<string, string> { ["ttlInSeconds"] = "5" };

        await client.ExecuteStateTransactionAsync(
            "store",
            [
                new StateTransactionRequest("a", value, StateOperationType.Upsert, "7", metadata, new StateOptions { Concurrency = ConcurrencyMode.FirstWrite }),
                new StateTransactionRequest("b", null, StateOperationType.Delete),
            ],
            new Dictionary<string, string> { ["partitionKey"] = "p" },
            Cancelled);

        Assert.Equal(
            """
            {"operations":[{"operation":"upsert","request":{"key":"a","value":{"name":"x"},"etag":"7","metadata":{"ttlInSeconds":"5"},"options":{"concurrency":"first-write"}}},{"operation":"delete","request":{"key":"b"}}],"metadata":{"partitionKey":"p"}}
            """.Trim(),
            sidecar.Received[0].Body);
    }

    [Fact]
    public async Task A_stale_etag_throws_like_any_other_failure()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("POST /v1.0/state/store/transaction", 500, """{"errorCode":"ERR_STATE_TRANSACTION","message":"possible etag mismatch"}""");
        using var client = sidecar.Client();

        await Failures.RefusedAsync("State", HttpStatusCode.InternalServerError, () => client.ExecuteStateTransactionAsync(
            "store", [new StateTransactionRequest("a", "1"u8.ToArray(), StateOperationType.Upsert, "7")], cancellationToken: Cancelled));
    }

    [Theory]
    [InlineData("plain text")]
    [InlineData("")]
    public async Task A_value_that_is_no_json_is_refused_before_anything_is_sent(string value)
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        using var client = sidecar.Client();

        var error = await Assert.ThrowsAsync<ArgumentException>(() => client.ExecuteStateTransactionAsync(
            "store", [new StateTransactionRequest("a", Encoding.UTF8.GetBytes(value), StateOperationType.Upsert)], cancellationToken: Cancelled));

        Assert.Contains("'a'", error.Message, StringComparison.Ordinal);
        Assert.Empty(sidecar.Received);
    }

    [Fact]
    public async Task A_transaction_of_nothing_is_refused()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        using var client = sidecar.Client();

        await Assert.ThrowsAsync<ArgumentException>(() => client.ExecuteStateTransactionAsync("store", [], cancellationToken: Cancelled));
        await Assert.ThrowsAsync<ArgumentNullException>(() => client.ExecuteStateTransactionAsync("store", null!, cancellationToken: Cancelled));
        await Assert.ThrowsAsync<ArgumentException>(() => client.ExecuteStateTransactionAsync(
            "store", [new StateTransactionRequest("a", null, StateOperationType.Delete) { OperationType = null }], cancellationToken: Cancelled));

        Assert.Empty(sidecar.Received);
    }
}
