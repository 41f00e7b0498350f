using System.Net;
using Agents.Contracts;
using Agents.Testing;

namespace Agents.Retrieval.Tests.Api;

[Collection(nameof(RetrievalStack))]
public sealed class SearchTests(RetrievalStack stack)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_restricted_document_is_found_by_its_principals_only()
    {
        var collection = await stack.NewCollectionAsync(Token);
        await stack.Operator.AddAsync(collection, new { title = "open", text = "The salary report is public." }, Token);
        await stack.Operator.AddAsync(collection, new { title = "closed", text = "The salary report is secret.", allowed_principals = new[] { "group:hr", "alice" } }, Token);
        var reader = await stack.NewKeyAsync(RetrievalStack.Tenant, Token, "documents");

        Assert.Equal(["open"], (await reader.SearchAsync(collection, "salary", Token)).Select(found => found.Text("title")));
        Assert.Equal(["closed", "open"], (await stack.Operator.SearchAsync(collection, "salary", Token)).Select(found => found.Text("title")).Order());
        Assert.Equal(["open"], await TitlesAsync());
        Assert.Equal(["open"], await TitlesAsync("bob", "group:sales"));
        Assert.Equal(["closed", "open"], await TitlesAsync("bob", "group:hr"));

        async Task<IEnumerable<string>> TitlesAsync(params string[] principals) =>
            (await stack.SearchInternallyAsync(RetrievalStack.Tenant, new SearchPassages([collection], "salary", 10, principals), Token)).Data.Select(found => found.Title).Order();
    }

    [Fact]
    public async Task Services_search_several_collections_as_one_and_all_when_none_is_named()
    {
        var tenant = (await stack.Operator.CreateAsync("/v1/tenants", new { name = "searching" }, Token)).Text("id");
        var user = await stack.NewKeyAsync(tenant, Token);
        var one = (await user.CreateAsync("/v1/collections", new { name = "one" }, Token)).Text("id");
        var two = (await user.CreateAsync("/v1/collections", new { name = "two" }, Token)).Text("id");
        await user.AddAsync(one, new { title = "a", text = "A tapir in the first collection." }, Token);
        await user.AddAsync(two, new { title = "b", text = "A tapir, a tapir: two in the second collection." }, Token);

        var all = await stack.SearchInternallyAsync(tenant, new SearchPassages(null, "tapir", 10, []), Token);
        Assert.Equal(["b", "a"], all.Data.Select(found => found.Title));
        Assert.Equal([two, one], all.Data.Select(found => found.CollectionId));
        Assert.Equal(["a"], (await stack.SearchInternallyAsync(tenant, new SearchPassages([one], "tapir", 10, []), Token)).Data.Select(found => found.Title));
        Assert.Empty((await stack.SearchInternallyAsync(tenant, new SearchPassages([], "tapir", 10, []), Token)).Data);
        Assert.Empty((await stack.SearchInternallyAsync(RetrievalStack.Tenant, new SearchPassages([one, two], "tapir", 10, []), Token)).Data);

        await user.AddAsync(one, new { title = "c", text = "Another tapir." }, Token);
        await Eventually.TrueAsync(
            async () => (await stack.SearchInternallyAsync(tenant, new SearchPassages(null, "tapir", 10, []), Token)) is { Data.Count: 3 } now && now.KnowledgeVersion != all.KnowledgeVersion,
            "the new document is found under a new version", Token, TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task A_filter_keeps_documents_whose_metadata_are_equal()
    {
        var collection = await stack.NewCollectionAsync(Token);
        await stack.Operator.AddAsync(collection, new { title = "en", text = "A lemur.", metadata = new { lang = "en", year = "2024" } }, Token);
        await stack.Operator.AddAsync(collection, new { title = "de", text = "Ein Lemur.", metadata = new { lang = "de", year = "2024" } }, Token);
        Assert.Equal(["en"], await TitlesAsync(new { lang = "en" }));
        Assert.Equal(["de", "en"], await TitlesAsync(new { year = "2024" }));
        Assert.Equal(["de"], await TitlesAsync(new { year = "2024", lang = "de" }));
        Assert.Empty(await TitlesAsync(new { region = "eu" }));

        async Task<IEnumerable<string>> TitlesAsync(object filter) =>
            (await stack.Operator.CreateAsync($"/v1/collections/{collection}/search", new { query = "lemur", filter }, Token)).List("data").Select(found => found.Text("title")).Order();
    }

    [Fact]
    public async Task A_passage_is_found_by_its_meaning_and_the_answer_says_how()
    {
        var collection = await stack.NewCollectionAsync(Token);
        await stack.Operator.AddAsync(collection, new { title = "a", text = "The shop refunds your money within a week." }, Token);
        await stack.Operator.AddAsync(collection, new { title = "b", text = "The lighthouse was built of granite." }, Token);
        Assert.SkipUnless((await stack.Operator.GetAsync($"/v1/collections/{collection}", Token))["index"].Text("mode") == "hybrid", "not run: no embedding model");

        foreach (var mode in new[] { "vector", "hybrid" })
        {
            var answer = await stack.Operator.CreateAsync($"/v1/collections/{collection}/search", new { query = "How do I get reimbursed for a purchase?", mode, explain = true }, Token);
            Assert.Equal(mode, answer.Text("mode"));
            var first = answer.List("data")[0]!;
            Assert.Equal("a", first.Text("title"));
            Assert.InRange(first["explanation"]!["cosine"]!.GetValue<double>(), 0.2, 1);
        }
        var index = (await stack.Operator.GetAsync($"/v1/collections/{collection}", Token))["index"];
        Assert.Equal((2, 0, "embed-use-lite"), (index.Number("chunks"), index.Number("without_vector"), index.Text("embedding_model")));
    }

    [Fact]
    public async Task Highlights_and_explanations_come_when_asked_for()
    {
        var collection = await stack.NewCollectionAsync(Token);
        await stack.Operator.AddAsync(collection, new { title = "a", text = "Ferries leave at noon; the ferry takes an hour." }, Token);
        var search = new { query = "When do ferries leave?", mode = "lexical", highlight = true, explain = true };
        var found = (await stack.Operator.CreateAsync($"/v1/collections/{collection}/search", search, Token)).List("data")[0]!;
        var text = found.Text("text");
        Assert.Equal(["Ferries", "leave", "ferry"], found.List("highlights").Select(mark => text[mark.Number("start")..mark.Number("end")]));
        var explanation = found["explanation"]!;
        Assert.Equal(explanation["lexical"]!.GetValue<double>(), explanation["terms"]!.AsObject().Sum(term => term.Value!.GetValue<double>()), 1e-5);
        var plain = (await stack.Operator.CreateAsync($"/v1/collections/{collection}/search", new { query = "ferry", mode = "lexical" }, Token)).List("data")[0]!;
        Assert.Null(plain["highlights"]);
        Assert.Null(plain["explanation"]);
    }

    [Fact]
    public async Task Words_are_stemmed_in_the_language_of_the_collection()
    {
        var german = (await stack.Operator.CreateAsync("/v1/collections", new { name = Guid.CreateVersion7().ToString(), language = "de" }, Token)).Text("id");
        await stack.Operator.AddAsync(german, new { title = "a", text = "Die Lieferungen kommen am Montag." }, Token);
        Assert.Single(await stack.Operator.SearchAsync(german, "Wann kommt die Lieferung?", Token));
        Assert.Empty(await stack.Operator.SearchAsync(german, "die am", Token));
        Assert.Equal(HttpStatusCode.BadRequest, (await stack.Operator.TryAsync(HttpMethod.Post, "/v1/collections", new { name = "x", language = "tlh" }, Token)).Status);
    }

    [Theory]
    [InlineData("""{}""", "query")]
    [InlineData("""{"query":" "}""", "query")]
    [InlineData("""{"query":"x","limit":0}""", "limit")]
    [InlineData("""{"query":"x","limit":51}""", "limit")]
    [InlineData("""{"query":"x","mode":"telepathic"}""", "mode")]
    [InlineData("""{"query":"x","filter":{"a":null}}""", "filter")]
    public async Task Refuses_a_bad_search_and_names_the_field(string body, string field)
    {
        var collection = await stack.NewCollectionAsync(Token);
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var response = await stack.Operator.Http.PostAsync($"/v1/collections/{collection}/search", content, Token);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains($"\"{field}", await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_an_endless_query() => Assert.Equal(
        HttpStatusCode.BadRequest,
        (await stack.Operator.TryAsync(
            HttpMethod.Post, $"/v1/collections/{await stack.NewCollectionAsync(Token)}/search", new { query = new string('q', 8_193) }, Token)).Status);

    [Fact]
    public async Task Another_tenants_collection_does_not_exist()
    {
        var collection = await stack.NewCollectionAsync(Token);
        var stranger = await stack.NewTenantAsync(Token);
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.TryAsync(HttpMethod.Post, $"/v1/collections/{collection}/search", new { query = "x" }, Token)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.TryAsync(HttpMethod.Post, Requests.DocumentsOf(collection), new { title = "t", text = "x" }, Token)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.TryAsync(HttpMethod.Delete, $"/v1/collections/{collection}", null, Token)).Status);
    }
}
