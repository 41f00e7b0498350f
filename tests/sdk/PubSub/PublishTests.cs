using System.Net;
using Agents.SdkTests.Scripted;
using Dapr;

namespace Agents.SdkTests.PubSub;

public sealed class PublishTests
{
    private static readonly Dictionary<string, string> Metadata = new() { ["ttlInSeconds"] = "5", ["cloudevent.id"] = "a b" };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Data_is_published_as_json_and_metadata_go_into_the_query()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("POST /v1.0/publish/pubsub/jobs").Answer("POST /v1.0/publish/pubsub/jobs?metadata.ttlInSeconds=5&metadata.cloudevent.id=a%20b");
        using var client = sidecar.Client(builder => builder.UseDaprApiToken("secret"));

        await client.PublishEventAsync("pubsub", "jobs", new { Id = 1 }, Cancelled);
        await client.PublishEventAsync("pubsub", "jobs", "text", Metadata, Cancelled);

        Assert.Equal("""{"id":1}""", sidecar.Received[0].Body);
        Assert.Equal("application/json", sidecar.Received[0].Header("Content-Type"));
        Assert.Equal("secret", sidecar.Received[0].Header("dapr-api-token"));
        Assert.Equal("\"text\"", sidecar.Received[1].Body);
    }

    [Fact]
    public async Task A_topic_keeps_its_slashes()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("POST /v1.0/publish/pubsub/a/b%20c");
        using var client = sidecar.Client();

        await client.PublishEventAsync("pubsub", "a/b c", 1, Cancelled);
    }

    [Fact]
    public async Task A_CloudEvent_is_published_as_the_event_itself()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("POST /v1.0/publish/pubsub/jobs");
        using var client = sidecar.Client();

        await client.PublishEventAsync(
            "pubsub", "jobs", new CloudEvent<int[]>([1]) { Source = new Uri("urn:agents"), Type = "turn.done", Subject = "s1" }, Cancelled);

        Assert.Equal("application/cloudevents+json", sidecar.Received[0].Header("Content-Type"));
        Assert.Equal(
            """{"data":[1],"datacontenttype":"application/json","source":"urn:agents","type":"turn.done","subject":"s1"}""", sidecar.Received[0].Body);
    }

    [Fact]
    public async Task An_event_without_data_has_neither_body_nor_content_type()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("POST /v1.0/publish/pubsub/jobs").Answer("POST /v1.0/publish/pubsub/jobs?metadata.ttlInSeconds=5&metadata.cloudevent.id=a%20b");
        using var client = sidecar.Client();

        await client.PublishEventAsync("pubsub", "jobs", Cancelled);
        await client.PublishEventAsync("pubsub", "jobs", Metadata, Cancelled);

        Assert.All(sidecar.Received, request => Assert.Equal(("", null), (request.Body, request.Header("Content-Type"))));
    }

    [Fact]
    public async Task Bytes_are_published_as_they_are()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("POST /v1.0/publish/pubsub/jobs?metadata.rawPayload=true").Answer("POST /v1.0/publish/pubsub/jobs");
        using var client = sidecar.Client();

        await client.PublishByteEventAsync(
            "pubsub", "jobs", "<a/>"u8.ToArray(), "text/xml; charset=utf-8", new Dictionary<string, string> { ["rawPayload"] = "true" }, Cancelled);
        await client.PublishByteEventAsync("pubsub", "jobs", "{ }"u8.ToArray(), cancellationToken: Cancelled);

        Assert.Equal(("<a/>", "text/xml; charset=utf-8"), (sidecar.Received[0].Body, sidecar.Received[0].Header("Content-Type")));
        Assert.Equal(("{ }", "application/json"), (sidecar.Received[1].Body, sidecar.Received[1].Header("Content-Type")));
    }

    [Theory]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(409)]
    [InlineData(500)]
    public async Task A_refusal_throws(int status)
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("POST /v1.0/publish/pubsub/jobs", status, """{"errorCode":"ERR_PUBSUB_FORBIDDEN","message":"no"}""");
        using var client = sidecar.Client();

        var inner = await Failures.RefusedAsync("Publish", (HttpStatusCode)status, () => client.PublishEventAsync("pubsub", "jobs", 1, Cancelled));

        Assert.Equal($"{status} ERR_PUBSUB_FORBIDDEN: no", inner.Message);
    }

    [Fact]
    public async Task Missing_names_data_and_metadata_are_refused_before_anything_is_sent()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        using var client = sidecar.Client();

        await Assert.ThrowsAsync<ArgumentNullException>(() => client.PublishEventAsync(null!, "jobs", 1, Cancelled));
        await Assert.ThrowsAsync<ArgumentException>(() => client.PublishEventAsync("pubsub", "", 1, Cancelled));
        await Assert.ThrowsAsync<ArgumentException>(() => client.PublishEventAsync("", "jobs", Cancelled));
        await Assert.ThrowsAsync<ArgumentNullException>(() => client.PublishEventAsync<string>("pubsub", "jobs", null!, Cancelled));
        await Assert.ThrowsAsync<ArgumentNullException>(() => client.PublishEventAsync("pubsub", "jobs", 1, null!, Cancelled));
        await Assert.ThrowsAsync<ArgumentException>(() => client.PublishByteEventAsync("pubsub", "", default, cancellationToken: Cancelled));

        Assert.Empty(sidecar.Received);
    }
}
