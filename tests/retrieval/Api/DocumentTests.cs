using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Agents.Testing;

namespace Agents.Retrieval.Tests.Api;

/// <summary>A document's life at the front door.</summary>
[Collection(nameof(RetrievalStack))]
public sealed class DocumentTests(RetrievalStack stack)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_document_becomes_ready_and_is_found_with_its_metadata()
    {
        var collection = await stack.NewCollectionAsync(Token);
        Assert.Equal("0 0 0 0", await stack.Operator.CountsAsync(collection, Token));
        var id = await stack.Operator.AddAsync(
            collection,
            new { title = "Orders", text = "# Orders\n\n## Delivery\n\nGoods arrive after three days.\n\n## Returns\n\nSend them back within a month.", content_type = "text/markdown", metadata = new { lang = "en" } },
            Token);

        Assert.Equal("0 0 1 0", await stack.Operator.CountsAsync(collection, Token));
        var found = (await stack.Operator.SearchAsync(collection, "When do the goods arrive?", Token))[0];
        Assert.Equal((id, $"{id}#1", 1, "Orders"), (found.Text("document_id"), found.Text("chunk_id"), found.Number("ordinal"), found.Text("title")));
        Assert.Equal("Delivery: Goods arrive after three days.", found.Text("text"));
        Assert.Equal("en", found["metadata"].Text("lang"));
        Assert.True(found["score"]!.GetValue<double>() > 0);

        var document = await stack.Operator.GetAsync($"{Requests.DocumentsOf(collection)}/{id}", Token);
        Assert.Equal((2, 1, "text/markdown"), (document.Number("chunks"), document.Number("revision"), document.Text("content_type")));
    }

    [Fact]
    public async Task The_same_content_under_the_same_title_changes_nothing()
    {
        var collection = await stack.NewCollectionAsync(Token);
        var id = await stack.Operator.AddAsync(collection, new { title = "a", text = "The sky is blue.", metadata = new { x = "1", y = "2" } }, Token);
        var version = (await stack.Operator.GetAsync($"/v1/collections/{collection}", Token)).Text("knowledge_version");
        var again = await stack.Operator.CreateAsync(
            Requests.DocumentsOf(collection), new { title = "a", text = "The sky is blue.", metadata = new { y = "2", x = "1" } }, Token);
        Assert.Equal((id, "ready"), (again.Text("id"), again.Text("status")));
        Assert.Equal(1, (await stack.Operator.GetAsync($"{Requests.DocumentsOf(collection)}/{id}", Token)).Number("revision"));
        Assert.Equal(version, (await stack.Operator.GetAsync($"/v1/collections/{collection}", Token)).Text("knowledge_version"));
    }

    [Fact]
    public async Task New_content_under_the_same_title_replaces_the_old_and_leaves_nothing_of_it()
    {
        var collection = await stack.NewCollectionAsync(Token);
        var key = new Retrieval.Collections.CollectionKey(RetrievalStack.Tenant, collection);
        var id = await stack.Operator.AddAsync(collection, new { title = "a", text = "The zebra sleeps." }, Token);
        var first = (await stack.Documents.GetAsync(key, id, Token))!.Value.Upload;
        var again = await stack.Operator.CreateAsync(Requests.DocumentsOf(collection), new { title = "a", text = "The giraffe eats." }, Token);
        Assert.Equal((id, "queued"), (again.Text("id"), again.Text("status")));
        await stack.Operator.BecomesAsync(collection, id, "ready", Token);

        Assert.Empty(await stack.Operator.SearchAsync(collection, "zebra", Token));
        Assert.Equal(id, Assert.Single(await stack.Operator.SearchAsync(collection, "giraffe", Token)).Text("document_id"));
        Assert.Equal("0 0 1 0", await stack.Operator.CountsAsync(collection, Token));
        Assert.Single((await stack.Operator.GetAsync(Requests.DocumentsOf(collection), Token)).List("data"));
        await Eventually.TrueAsync(async () => await stack.Uploads.ReadTextAsync(key, first, 1, Token) is null, "the old text is removed", Token);
    }

    [Fact]
    public async Task A_deleted_document_is_gone_from_search_lists_counts_and_store()
    {
        var collection = await stack.NewCollectionAsync(Token);
        var key = new Retrieval.Collections.CollectionKey(RetrievalStack.Tenant, collection);
        await stack.Operator.AddAsync(collection, new { title = "keep", text = "The walrus stays." }, Token);
        var id = await stack.Operator.AddAsync(collection, new { title = "drop", text = "The walrus goes." }, Token);
        Assert.Equal(2, (await stack.At(1).SearchAsync(collection, "walrus", Token)).Count);
        var upload = (await stack.Documents.GetAsync(key, id, Token))!.Value.Upload;
        var path = $"{Requests.DocumentsOf(collection)}/{id}";

        Assert.Equal(HttpStatusCode.NoContent, (await stack.At(0).TryAsync(HttpMethod.Delete, path, null, Token)).Status);

        foreach (var replica in new[] { 0, 1 })
        {
            await Eventually.TrueAsync(
                async () => (await stack.At(replica).SearchAsync(collection, "walrus", Token)).Count == 1, $"replica {replica} finds it no more", Token, TimeSpan.FromSeconds(2));
        }
        Assert.Equal(HttpStatusCode.NotFound, (await stack.Operator.TryAsync(HttpMethod.Get, path, null, Token)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await stack.Operator.TryAsync(HttpMethod.Delete, path, null, Token)).Status);
        Assert.Equal("0 0 1 0", await stack.Operator.CountsAsync(collection, Token));
        Assert.Single((await stack.Operator.GetAsync(Requests.DocumentsOf(collection), Token)).List("data"));
        Assert.Null(await stack.Uploads.ReadTextAsync(key, upload, 1, Token));
        await Eventually.TrueAsync(
            async () => (await stack.Segments.ReadManifestAsync(key, Token))!.Value.Segments.Sum(segment => segment.Chunks) == 1,
            "its passages have left the index", Token, TimeSpan.FromMinutes(2));
        Assert.Equal("", (await stack.Documents.GetAsync(key, id, Token))?.Value.Title);
        // The title is free for another document.
        Assert.NotEqual(id, await stack.Operator.AddAsync(collection, new { title = "drop", text = "The walrus is back." }, Token));
    }

    [Fact]
    public async Task A_document_without_text_fails_and_says_so_until_better_content_comes()
    {
        var collection = await stack.NewCollectionAsync(Token);
        var id = await stack.Operator.AddAsync(collection, new { title = "page", text = "A heron.", content_type = "text/plain" }, Token);
        await stack.Operator.AddAsync(collection, new { title = "page", text = "<script>nothing()</script>", content_type = "text/html" }, Token, "failed");
        Assert.Equal("no_text", (await stack.Operator.GetAsync($"{Requests.DocumentsOf(collection)}/{id}", Token)).Text("error"));
        Assert.Equal("0 0 0 1", await stack.Operator.CountsAsync(collection, Token));
        Assert.Empty(await stack.Operator.SearchAsync(collection, "heron", Token));
        // Trying again changes nothing about the text.
        Assert.Equal("queued", (await stack.Operator.CreateAsync($"{Requests.DocumentsOf(collection)}/{id}/redrive", new { }, Token)).Text("status"));
        await stack.Operator.BecomesAsync(collection, id, "failed", Token);
        await stack.Operator.AddAsync(collection, new { title = "page", text = "<p>A stork.</p>", content_type = "text/html" }, Token);
        Assert.Equal("0 0 1 0", await stack.Operator.CountsAsync(collection, Token));
        Assert.Single(await stack.Operator.SearchAsync(collection, "stork", Token));
    }

    [Fact]
    public async Task Files_are_taken_as_a_form()
    {
        var collection = await stack.NewCollectionAsync(Token);
        using var form = new MultipartFormDataContent
        {
            { File("# Tea\n\nGreen tea is brewed at 70 degrees.", "application/octet-stream"), "files", "tea.md" },
            { File("<h1>Coffee</h1><p>Coffee is brewed hotter.</p>", "text/html"), "files", "coffee.html" },
            { new StringContent("{\"kind\":\"drinks\"}"), "metadata" },
        };
        using var response = await stack.Operator.Http.PostAsync(Requests.DocumentsOf(collection), form, Token);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        await Eventually.TrueAsync(async () => await stack.Operator.CountsAsync(collection, Token) == "0 0 2 0", "both are ready", Token);
        var found = await stack.Operator.SearchAsync(collection, "brewed", Token);
        Assert.Equal(["coffee.html", "tea.md"], found.Select(passage => passage.Text("title")).Order());
        Assert.All(found, passage => Assert.Equal("drinks", passage["metadata"].Text("kind")));
        Assert.Contains(found, passage => passage.Text("text") == "Tea: Green tea is brewed at 70 degrees.");
    }

    [Fact]
    public async Task A_text_of_four_megabytes_is_found_at_both_ends()
    {
        var collection = await stack.NewCollectionAsync(Token);
        var filler = string.Concat(Enumerable.Range(0, 90_000).Select(i => $"Line {i} says that nothing happens here at all. "));
        var text = $"The aardvark opens. {filler[..(4 * 1024 * 1024 - 100)]} The zyzzyva closes.";
        var id = (await stack.Operator.CreateAsync(Requests.DocumentsOf(collection), new { title = "long", text }, Token)).Text("id");
        await stack.Operator.BecomesAsync(collection, id, "ready", Token, TimeSpan.FromSeconds(60));
        foreach (var replica in new[] { 0, 1 })
        {
            Assert.Equal(1, Assert.Single(await stack.At(replica).SearchAsync(collection, "aardvark", Token)).Number("ordinal"));
            Assert.Single(await stack.At(replica).SearchAsync(collection, "zyzzyva", Token));
        }
    }

    [Fact]
    public async Task Lists_are_paged()
    {
        var collection = await stack.NewCollectionAsync(Token);
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
            ids.Add((await stack.Operator.CreateAsync(Requests.DocumentsOf(collection), new { title = $"d{i}", text = "text" }, Token)).Text("id"));
        var first = await stack.Operator.GetAsync($"{Requests.DocumentsOf(collection)}?limit=3&order=asc", Token);
        var rest = await stack.Operator.GetAsync($"{Requests.DocumentsOf(collection)}?limit=3&order=asc&after={first.Text("last_id")}", Token);
        Assert.Equal(ids, first.List("data").Concat(rest.List("data")).Select(document => document.Text("id")));
        Assert.True(first["has_more"]!.GetValue<bool>());
        Assert.False(rest["has_more"]!.GetValue<bool>());
    }

    public static TheoryData<string, string> Refused => new()
    {
        { "title", """{"text":"x"}""" },
        { "title", $$"""{"title":"{{new string('t', 513)}}","text":"x"}""" },
        { "text", """{"title":"t"}""" },
        { "text", """{"title":"t","text":"  "}""" },
        { "text", """{"title":"t","text":"a\u0000b"}""" },
        { "text", $$"""{"title":"t","text":"{{new string('é', 2_200_000)}}"}""" },
        { "content_type", """{"title":"t","text":"x","content_type":"application/pdf"}""" },
        { "metadata", $$$"""{"title":"t","text":"x","metadata":{{{{string.Join(',', Enumerable.Range(0, 17).Select(i => $"\"k{i}\":\"v\""))}}}}}""" },
        { "metadata", $$$"""{"title":"t","text":"x","metadata":{"k":"{{{new string('v', 513)}}}"}}""" },
        { "allowed_principals", $$"""{"title":"t","text":"x","allowed_principals":[{{string.Join(',', Enumerable.Range(0, 65).Select(i => $"\"p{i}\""))}}]}""" },
        { "$.text", """{"title":"t","text":"a\ud800b"}""" },
        { "$.metadata.k", """{"title":"t","text":"x","metadata":{"k":1}}""" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Refuses_what_exceeds_a_limit_and_names_the_field(string field, string body)
    {
        var collection = await stack.NewCollectionAsync(Token);
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await stack.Operator.Http.PostAsync(Requests.DocumentsOf(collection), content, Token);
        var problem = System.Text.Json.Nodes.JsonNode.Parse(await response.Content.ReadAsStringAsync(Token));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.NotNull(problem?["errors"]?[field]);
        Assert.Empty((await stack.Operator.GetAsync(Requests.DocumentsOf(collection), Token)).List("data"));
    }

    [Fact]
    public async Task Refuses_files_that_are_not_text()
    {
        var collection = await stack.NewCollectionAsync(Token);
        using var binary = new ByteArrayContent([0xFF, 0xD8, 0x80, 0x81]);
        using var form = new MultipartFormDataContent { { binary, "file", "picture.txt" } };
        using var response = await stack.Operator.Http.PostAsync(Requests.DocumentsOf(collection), form, Token);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        using var nothing = new MultipartFormDataContent { { new StringContent("{}"), "metadata" } };
        using var empty = await stack.Operator.Http.PostAsync(Requests.DocumentsOf(collection), nothing, Token);
        Assert.Equal(HttpStatusCode.BadRequest, empty.StatusCode);
    }

    [Theory]
    [InlineData("multipart/form-data", "garbage")]
    [InlineData("multipart/form-data; boundary=x", "garbage")]
    [InlineData("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\ncut off")]
    [InlineData("multipart/form-data; boundary=x", "--x--\r\n")]
    public async Task Refuses_a_broken_form(string contentType, string body)
    {
        using var content = new StringContent(body);
        content.Headers.Remove("Content-Type");
        content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        using var response = await stack.Operator.Http.PostAsync(Requests.DocumentsOf(await stack.NewCollectionAsync(Token)), content, Token);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("trace_id", await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    private static StringContent File(string text, string contentType)
    {
        var content = new StringContent(text);
        content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        return content;
    }
}
