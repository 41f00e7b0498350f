using System.Text;
using Agents.SdkTests.Scripted;
using Dapr.AspNetCore;
using Microsoft.AspNetCore.Builder;

namespace Agents.SdkTests.AspNetCore;

public sealed class BulkDeliveryTests
{
    private const string Batch = """
        {"id":"b1","type":"com.dapr.event.sent.bulk","topic":"t","pubsubname":"p","metadata":{"m":"1"},"entries":[
          {"entryId":"e1","contentType":"application/cloudevents+json","metadata":{"k":"v"},
           "event":{"id":"1","source":"s","type":"x","specversion":"1.0","datacontenttype":"application/json","data":{"n":1}}},
          {"entryId":"e2","contentType":"application/cloudevents+json","metadata":null,"event":{"id":"2","data":{"n":2}}},
          {"entryId":"e3","contentType":"application/cloudevents+json","event":{"id":"3","data":{"n":3}}}]}
        """;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_batch_is_read_and_answered_event_by_event()
    {
        BulkSubscribeMessage<BulkMessageModel<Thing>>? seen = null;
        await using var app = await TestApp.StartAsync(app =>
        {
            app.UseCloudEvents();
            app.MapPost("/batch", (BulkSubscribeMessage<BulkMessageModel<Thing>> batch) =>
            {
                seen = batch;
                return new BulkSubscribeAppResponse(batch.Entries.ConvertAll(entry => new BulkSubscribeAppResponseEntry(
                    entry.EntryId, (BulkSubscribeAppResponseStatus)(entry.Event.Data.N - 1))));
            });
        });
        using var content = new StringContent(Batch, Encoding.UTF8, "application/json");

        using var response = await app.Http.PostAsync("/batch", content, Cancelled);

        Assert.Equal(
            """{"statuses":[{"entryId":"e1","status":"SUCCESS"},{"entryId":"e2","status":"RETRY"},{"entryId":"e3","status":"DROP"}]}""",
            await response.Content.ReadAsStringAsync(Cancelled));
        Assert.Equal(("t", "1", 3), (seen!.Topic, seen.Metadata["m"], seen.Entries.Count));
        var first = seen.Entries[0];
        Assert.Equal(("application/cloudevents+json", "v"), (first.ContentType, first.Metadata["k"]));
        Assert.Equal(("1", "s", "x", "1.0", "application/json"), (first.Event.Id, first.Event.Source, first.Event.Type, first.Event.Specversion, first.Event.Datacontenttype));
    }

    private sealed record Thing(int N);
}
