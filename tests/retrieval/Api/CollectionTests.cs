using System.Net;
using Agents.Defaults.Ledgers;
using Agents.Retrieval.Collections;
using Agents.Testing;

namespace Agents.Retrieval.Tests.Api;

[Collection(nameof(RetrievalStack))]
public sealed class CollectionTests(RetrievalStack stack)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_name_is_given_once_and_free_again_after_deletion()
    {
        var name = Guid.CreateVersion7().ToString();
        var id = (await stack.Operator.CreateAsync("/v1/collections", new { name }, Token)).Text("id");
        var (status, problem) = await stack.Operator.TryAsync(HttpMethod.Post, "/v1/collections", new { name }, Token);
        Assert.Equal((HttpStatusCode.Conflict, "name_taken"), (status, problem.Text("code")));
        Assert.Contains(id, problem.Text("detail"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NoContent, (await stack.Operator.TryAsync(HttpMethod.Delete, $"/v1/collections/{id}", null, Token)).Status);
        Assert.NotEqual(id, (await stack.Operator.CreateAsync("/v1/collections", new { name }, Token)).Text("id"));
    }

    [Fact]
    public async Task Of_creations_at_the_same_time_one_gets_the_name()
    {
        var name = Guid.CreateVersion7().ToString();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => stack.At(i % 2).TryAsync(HttpMethod.Post, "/v1/collections", new { name }, Token)));
        Assert.Single(answers, answer => answer.Status == HttpStatusCode.Created);
        Assert.Equal(7, answers.Count(answer => answer.Status == HttpStatusCode.Conflict));
        var listed = (await stack.Operator.GetAsync("/v1/collections?limit=100", Token)).List("data");
        Assert.Single(listed, collection => collection.Text("name") == name);
    }

    [Fact]
    public async Task A_deleted_collection_is_gone_with_all_that_it_held()
    {
        var collection = await stack.NewCollectionAsync(Token);
        var key = new CollectionKey(RetrievalStack.Tenant, collection);
        var ids = new List<string>();
        for (var i = 0; i < 3; i++)
            ids.Add(await stack.Operator.AddAsync(collection, new { title = $"d{i}", text = "An okapi." }, Token));
        var uploads = (await stack.Documents.GetManyAsync(key, ids, Token)).Select(record => record.Upload).ToList();
        Assert.Equal(3, (await stack.At(1).SearchAsync(collection, "okapi", Token)).Count);

        Assert.Equal(HttpStatusCode.NoContent, (await stack.At(0).TryAsync(HttpMethod.Delete, $"/v1/collections/{collection}", null, Token)).Status);

        foreach (var path in new[] { $"/v1/collections/{collection}", Requests.DocumentsOf(collection), $"{Requests.DocumentsOf(collection)}/{ids[0]}" })
            Assert.Equal(HttpStatusCode.NotFound, (await stack.At(1).TryAsync(HttpMethod.Get, path, null, Token)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await stack.At(1).TryAsync(HttpMethod.Post, $"/v1/collections/{collection}/search", new { query = "okapi" }, Token)).Status);
        await Eventually.TrueAsync(
            async () => (await stack.Documents.GetManyAsync(key, ids, Token)).All(record => record.Upload.Length == 0), "the documents are removed", Token);
        foreach (var upload in uploads)
            Assert.Null(await stack.Uploads.ReadTextAsync(key, upload, 1, Token));
        await Eventually.TrueAsync(
            async () => (await stack.OpenWork.AllAsync(Token)).All(item => item.Key != key), "nothing is left to be done", Token);
        Assert.True((await new LedgerSet(stack.Stores, TimeProvider.System).Get<object>($"documents/{key}").ReadAsync(0, 1, Token)).Deleted);
        var manifest = (await stack.Segments.ReadManifestAsync(key, Token))!.Value;
        Assert.True(manifest is { Deleted: true, Segments: [] });
        foreach (var retired in manifest.Retired)
            Assert.Null(await stack.Segments.ReadTableAsync(key, retired.Segment, Token));
    }

    [Theory]
    [InlineData("name", "{}")]
    [InlineData("name", """{"name":""}""")]
    [InlineData("$.name", """{"name":5}""")]
    public async Task Refuses_a_bad_body_and_names_the_field(string field, string body)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var response = await stack.Operator.Http.PostAsync("/v1/collections", content, Token);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.NotNull(System.Text.Json.Nodes.JsonNode.Parse(await response.Content.ReadAsStringAsync(Token))?["errors"]?[field]);
    }

    [Fact]
    public async Task Refuses_a_name_of_101_characters() => Assert.Equal(
        HttpStatusCode.BadRequest, (await stack.Operator.TryAsync(HttpMethod.Post, "/v1/collections", new { name = new string('n', 101) }, Token)).Status);
}
