using System.Net;
using System.Text;
using Agents.Contracts;
using Agents.Defaults.Api;
using Agents.Retrieval.Collections;
using Agents.Retrieval.Documents;
using Agents.Retrieval.Ingestion;
using Agents.Retrieval.Segments;
using Agents.Testing;

namespace Agents.Retrieval.Tests.Api;

/// <summary>Two replicas, duplicates, lost messages, a broker that is away.</summary>
[Collection(nameof(RetrievalStack))]
public sealed class DurabilityTests(RetrievalStack stack)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_ready_is_found_at_once_at_every_replica()
    {
        var collection = await stack.NewCollectionAsync(Token);
        // Both replicas have loaded the collection before.
        foreach (var replica in new[] { 0, 1 })
            Assert.Empty(await stack.At(replica).SearchAsync(collection, "ibex", Token));
        for (var i = 0; i < 10; i++)
        {
            var id = (await stack.At(i % 2).CreateAsync(Requests.DocumentsOf(collection), new { title = $"d{i}", text = $"Ibex number{i}." }, Token)).Text("id");
            await stack.At(i % 2).BecomesAsync(collection, id, "ready", Token);
            foreach (var replica in new[] { 0, 1 })
            {
                await Eventually.TrueAsync(
                    async () => (await stack.At(replica).SearchAsync(collection, $"number{i}", Token)) is [var found] && found.Text("document_id") == id,
                    $"replica {replica} finds document {i}", Token, TimeSpan.FromSeconds(2));
            }
        }
        var answers = await Task.WhenAll(stack.At(0).SearchAsync(collection, "ibex", Token), stack.At(1).SearchAsync(collection, "ibex", Token));
        Assert.Equal(answers[0].Select(found => found.ToJsonString()), answers[1].Select(found => found.ToJsonString()));
    }

    [Fact]
    public async Task Posts_of_one_title_at_the_same_time_make_one_document()
    {
        var collection = await stack.NewCollectionAsync(Token);
        var posts = await Task.WhenAll(Enumerable.Range(0, 8).Select(
            i => stack.At(i % 2).CreateAsync(Requests.DocumentsOf(collection), new { title = "one", text = $"Version v{i % 4} of a gnu." }, Token)));
        var id = Assert.Single(posts.Select(post => post.Text("id")).Distinct());
        await stack.Operator.BecomesAsync(collection, id, "ready", Token);
        await Eventually.TrueAsync(
            async () => (await stack.OpenWork.AllAsync(Token)).All(item => item.Collection != collection || item.Document is null), "all work is done", Token);
        Assert.Single(await stack.Operator.SearchAsync(collection, "gnu", Token));
        Assert.Equal("0 0 1 0", await stack.Operator.CountsAsync(collection, Token));
        Assert.Single((await stack.Operator.GetAsync(Requests.DocumentsOf(collection), Token)).List("data"));
    }

    [Fact]
    public async Task Many_documents_posted_at_once_all_become_ready_and_are_counted()
    {
        var collection = await stack.NewCollectionAsync(Token);
        await Task.WhenAll(Enumerable.Range(0, 60).Select(
            i => stack.At(i % 2).CreateAsync(Requests.DocumentsOf(collection), new { title = $"d{i}", text = $"Moose number{i}." }, Token)));
        await Eventually.TrueAsync(
            async () => await stack.Operator.CountsAsync(collection, Token) == "0 0 60 0", "all are ready", Token, TimeSpan.FromSeconds(60));
        foreach (var i in new[] { 0, 17, 59 })
            Assert.Equal($"d{i}", (await stack.Operator.SearchAsync(collection, $"number{i}", Token))[0].Text("title"));
    }

    [Fact]
    public async Task A_message_that_comes_many_times_indexes_once()
    {
        var collection = await stack.NewCollectionAsync(Token);
        var id = await stack.Operator.AddAsync(collection, new { title = "dup", text = "An echidna." }, Token);
        var before = await stack.Operator.GetAsync($"/v1/collections/{collection}", Token);
        var record = (await stack.Documents.GetAsync(new CollectionKey(RetrievalStack.Tenant, collection), id, Token))!.Value;
        var work = new DocumentWork(RetrievalStack.Tenant, collection, id, record.Upload);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => stack.Dapr.PublishEventAsync("pubsub", Topics.DocumentIngest, work, Token)));
        // A document that is queued behind them shows that they were handled.
        await stack.Operator.AddAsync(collection, new { title = "after", text = "Something else." }, Token);
        Assert.Single(await stack.Operator.SearchAsync(collection, "echidna", Token));
        var after = await stack.Operator.GetAsync($"/v1/collections/{collection}", Token);
        Assert.Equal(long.Parse(before.Text("knowledge_version"), null) + 1, long.Parse(after.Text("knowledge_version"), null));
    }

    [Fact]
    public async Task A_message_that_is_no_work_of_ours_does_not_stop_the_queue()
    {
        var collection = await stack.NewCollectionAsync(Token);
        await stack.Dapr.PublishEventAsync("pubsub", Topics.DocumentIngest, new { nonsense = true }, Token);
        await stack.Operator.AddAsync(collection, new { title = "t", text = "An onager." }, Token);
        Assert.Single(await stack.Operator.SearchAsync(collection, "onager", Token));
    }

    [Fact]
    public async Task A_document_whose_message_was_lost_is_found_again()
    {
        var collection = await stack.NewCollectionAsync(Token);
        var key = new CollectionKey(RetrievalStack.Tenant, collection);
        // What a process leaves behind that dies between storing and queueing, more than a minute ago.
        var past = new ShiftedTime(-OpenWork.FirstResend - TimeSpan.FromSeconds(1));
        var id = await stack.Documents.IdForAsync(key, "lost", Token);
        var upload = Ids.New(UploadStore.Prefix);
        await new OpenWork(stack.Stores, past).AddAsync(new DocumentWork(key.Tenant, key.Id, id, upload), Token);
        var text = Encoding.UTF8.GetBytes("A numbat.");
        var pages = await stack.Uploads.WriteTextAsync(key, upload, text, Token);
        Assert.True(await stack.Documents.TryWriteAsync(
            key,
            new DocumentRecord(
                id, "lost", DocumentStatus.Queued, "text/plain", new Dictionary<string, string>(), [], "hash", 1, upload, pages, text.Length, 0, null, [],
                past.GetUtcNow(), past.GetUtcNow()),
            null, Token));
        Assert.Equal("1 0 0 0", await stack.Operator.CountsAsync(collection, Token));

        await stack.Operator.BecomesAsync(collection, id, "ready", Token, TimeSpan.FromSeconds(30));

        Assert.Single(await stack.Operator.SearchAsync(collection, "numbat", Token));
        Assert.Equal("0 0 1 0", await stack.Operator.CountsAsync(collection, Token));
    }

    [Fact]
    public async Task A_deletion_that_was_interrupted_is_finished()
    {
        var collection = await stack.NewCollectionAsync(Token);
        var key = new CollectionKey(RetrievalStack.Tenant, collection);
        var id = await stack.Operator.AddAsync(collection, new { title = "half", text = "A dik-dik." }, Token);
        var found = (await stack.Documents.GetAsync(key, id, Token))!;
        await new OpenWork(stack.Stores, new ShiftedTime(-OpenWork.FirstResend)).AddAsync(new DocumentWork(key.Tenant, key.Id, id, null), Token);
        Assert.True(await stack.Documents.TryWriteAsync(
            key, found.Value with { Status = DocumentStatus.Deleted, Revision = found.Value.Revision + 1 }, found.ETag, Token));
        await Eventually.TrueAsync(
            async () => (await stack.Documents.GetAsync(key, id, Token))?.Value.Upload.Length == 0, "the rest is removed", Token, TimeSpan.FromSeconds(30));
        Assert.Empty(await stack.Operator.SearchAsync(collection, "dik", Token));
        Assert.Equal("0 0 0 0", await stack.Operator.CountsAsync(collection, Token));
    }

    [Fact]
    public async Task Replaced_segments_are_forgotten_although_documents_keep_coming()
    {
        var collection = await stack.NewCollectionAsync(Token);
        var key = new CollectionKey(RetrievalStack.Tenant, collection);
        await stack.Operator.AddAsync(collection, new { title = "first", text = "A markhor." }, Token);
        // So many that a document comes while their pages are removed.
        var past = new ShiftedTime(-Upkeep.RetiredKept - TimeSpan.FromMinutes(1)).GetUtcNow();
        var old = Enumerable.Range(0, 400).Select(n => new RetiredSegment(new SegmentInfo($"seg_{n}", 1, 1, 0, null, 1, 1, 1), past)).ToList();
        await Eventually.TrueAsync(
            async () => await stack.Segments.ReadManifestAsync(key, Token) is { } found
                && await stack.Segments.TryWriteManifestAsync(key, found.Value with { Retired = [.. old, .. found.Value.Retired] }, found.ETag, Token),
            "the manifest names segments that were replaced", Token);

        var documents = 1;
        await Eventually.TrueAsync(
            async () =>
            {
                await stack.Operator.AddAsync(collection, new { title = $"{documents}", text = "A markhor." }, Token);
                documents++;
                return (await stack.Segments.ReadManifestAsync(key, Token))!.Value.Retired.All(retired => retired.Since > past);
            },
            "they are forgotten", Token, TimeSpan.FromSeconds(60));
        Assert.Equal($"0 0 {documents} 0", await stack.Operator.CountsAsync(collection, Token));
    }

    [Fact]
    public async Task Without_a_broker_nothing_is_accepted_and_nothing_is_half_visible()
    {
        var collection = await stack.NewCollectionAsync(Token);
        var key = new CollectionKey(RetrievalStack.Tenant, collection);
        var id = await stack.Operator.AddAsync(collection, new { title = "old", text = "A quagga stands." }, Token);
        await stack.WithoutBrokerAsync(
            async () =>
            {
                foreach (var title in new[] { "new", "old" })
                {
                    var (status, problem) = await stack.Operator.TryAsync(HttpMethod.Post, Requests.DocumentsOf(collection), new { title, text = "A quagga runs." }, Token);
                    Assert.Equal((HttpStatusCode.ServiceUnavailable, "queue_unavailable"), (status, problem.Text("code")));
                }
            },
            Token);

        var listed = Assert.Single((await stack.Operator.GetAsync(Requests.DocumentsOf(collection), Token)).List("data"));
        Assert.Equal((id, "ready"), (listed.Text("id"), listed.Text("status")));
        Assert.Equal("A quagga stands.", Assert.Single(await stack.Operator.SearchAsync(collection, "quagga", Token)).Text("text"));
        Assert.Equal("0 0 1 0", await stack.Operator.CountsAsync(collection, Token));
        // The work on the first document stays open until the broker, which was away, has what became of it.
        await Eventually.TrueAsync(
            async () => !(await stack.OpenWork.AllAsync(Token)).Any(item => item.Key == key && item.Document is not null), "nothing is left to do", Token);
        Assert.Equal("0 0 1 0", await stack.Operator.CountsAsync(collection, Token));

        // The same requests again, with a broker: one new document, one replaced.
        Assert.Equal(id, await stack.Operator.AddAsync(collection, new { title = "old", text = "A quagga runs." }, Token));
        await stack.Operator.AddAsync(collection, new { title = "new", text = "A quagga runs." }, Token);
        Assert.Equal(["A quagga runs.", "A quagga runs."], (await stack.Operator.SearchAsync(collection, "quagga", Token)).Select(passage => passage.Text("text")));
        Assert.Equal("0 0 2 0", await stack.Operator.CountsAsync(collection, Token));
    }

    private sealed class ShiftedTime(TimeSpan shift) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + shift;
    }
}
