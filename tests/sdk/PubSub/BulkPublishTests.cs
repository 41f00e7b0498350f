using System.Net;
using Agents.SdkTests.Scripted;
using Dapr;

namespace Agents.SdkTests.PubSub;

public sealed class BulkPublishTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Events_are_numbered_and_each_has_its_own_type_and_a_copy_of_the_metadata()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("POST /v1.0-alpha1/publish/bulk/pubsub/jobs?metadata.m=1");
        using var client = sidecar.Client();

        var response = await client.BulkPublishEventAsync<object>(
            "pubsub", "jobs", [new { Id = 1 }, new byte[] { 0, 255 }, new CloudEvent<int>(2)], new Dictionary<string, string> { ["m"] = "1" }, Cancelled);

        Assert.Empty(response.FailedEntries);
        Assert.Equal(
            """
            [{"entryId":"0","contentType":"application/json","event":{"id":1},"metadata":{"m":"1"}},{"entryId":"1","contentType":"application/octet-stream","event":"AP8=","metadata":{"m":"1"}},{"entryId":"2","contentType":"application/cloudevents\u002Bjson","event":{"data":2,"datacontenttype":"application/json","source":null,"type":null,"subject":null},"metadata":{"m":"1"}}]
            """.Trim(),
            sidecar.Received[0].Body);
    }

    [Fact]
    public async Task Events_that_failed_are_handed_back_with_their_reasons()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer(
            "POST /v1.0-alpha1/publish/bulk/pubsub/jobs",
            500,
            """{"failedEntries":[{"entryId":"1","error":"full"}],"errorCode":"ERR_PUBSUB_PUBLISH_MESSAGE"}""");
        using var client = sidecar.Client();

        var response = await client.BulkPublishEventAsync("pubsub", "jobs", ["a", "b"], cancellationToken: Cancelled);

        var failed = Assert.Single(response.FailedEntries);
        Assert.Equal(("1", "b", "application/json", "full"), (failed.Entry.EntryId, failed.Entry.EventData, failed.Entry.ContentType, failed.ErrorMessage));
    }

    [Theory]
    [InlineData(404, """{"errorCode":"ERR_PUBSUB_NOT_FOUND","message":"no"}""", "404 ERR_PUBSUB_NOT_FOUND: no")]
    [InlineData(500, "broken", "500 broken")]
    [InlineData(500, """{"failedEntries":[],"errorCode":"ERR_X","message":"no"}""", "500 ERR_X: no")]
    public async Task A_call_that_failed_as_a_whole_throws(int status, string body, string said)
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("POST /v1.0-alpha1/publish/bulk/pubsub/jobs", status, body);
        using var client = sidecar.Client();

        var inner = await Failures.RefusedAsync(
            "Bulk Publish", (HttpStatusCode)status, () => client.BulkPublishEventAsync("pubsub", "jobs", ["a"], cancellationToken: Cancelled));

        Assert.Equal(said, inner.Message);
    }

    [Fact]
    public async Task A_failure_of_an_event_nobody_sent_throws()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("POST /v1.0-alpha1/publish/bulk/pubsub/jobs", 500, """{"failedEntries":[{"entryId":"9","error":"?"}]}""");
        using var client = sidecar.Client();

        await Failures.RefusedAsync(
            "Bulk Publish", HttpStatusCode.InternalServerError, () => client.BulkPublishEventAsync("pubsub", "jobs", ["a"], cancellationToken: Cancelled));
    }

    [Fact]
    public async Task Missing_names_and_events_are_refused_before_anything_is_sent()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        using var client = sidecar.Client();

        await Assert.ThrowsAsync<ArgumentException>(() => client.BulkPublishEventAsync("", "jobs", ["a"], cancellationToken: Cancelled));
        await Assert.ThrowsAsync<ArgumentNullException>(() => client.BulkPublishEventAsync("pubsub", null!, ["a"], cancellationToken: Cancelled));
        await Assert.ThrowsAsync<ArgumentNullException>(() => client.BulkPublishEventAsync<string>("pubsub", "jobs", null!, cancellationToken: Cancelled));

        Assert.Empty(sidecar.Received);
    }
}
