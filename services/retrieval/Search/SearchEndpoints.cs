using System.Collections.Frozen;
using Agents.Contracts;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Identity;
using Agents.Retrieval.Collections;
using Agents.Retrieval.Indexing;
using Agents.Retrieval.Lexical;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Agents.Retrieval.Search;

/// <summary>Looks for passages in one collection.</summary>
/// <param name="Query">1 to 8,192 characters.</param>
/// <param name="Limit">1 to 50; default 10.</param>
/// <param name="Mode">
/// <c>hybrid</c> (default), <c>lexical</c> (by words) or <c>vector</c> (by meaning). A hybrid search goes by words alone while there are no
/// vectors, and the answer says so.
/// </param>
/// <param name="Filter">Only documents whose metadata have these values.</param>
/// <param name="Highlight">Whether to mark the query's words in the text.</param>
/// <param name="Explain">Whether to say how each score came about.</param>
public sealed record SearchCollection(string? Query, int? Limit, string? Mode, Dictionary<string, string>? Filter, bool? Highlight = null, bool? Explain = null);

/// <summary>Passages, best first.</summary>
/// <param name="Mode">How they were found.</param>
/// <param name="KnowledgeVersion">Version of the collection that was searched.</param>
public sealed record SearchResults(IReadOnlyList<SearchResult> Data, SearchMode Mode, string KnowledgeVersion)
{
    public string Object => "list";
}

/// <summary>A passage that was found.</summary>
/// <param name="ChunkId">The document's id and the passage's place in it: <c>{document_id}#{ordinal}</c>.</param>
/// <param name="Ordinal">The passage's place in its document, from 1.</param>
/// <param name="Score">Relevance, above 0; comparable within one answer.</param>
/// <param name="Metadata">The document's metadata.</param>
/// <param name="Flagged">The document reads like instructions to a model.</param>
/// <param name="Highlights">When asked for.</param>
/// <param name="Explanation">When asked for.</param>
public sealed record SearchResult(
    string DocumentId, string ChunkId, int Ordinal, string Title, string Text, double Score, IReadOnlyDictionary<string, string> Metadata, bool Flagged,
    IReadOnlyList<Highlight>? Highlights, Explanation? Explanation);

/// <summary>How a score came about.</summary>
/// <param name="Lexical">BM25: the sum of what the terms add.</param>
/// <param name="Terms">What each term of the query adds.</param>
/// <param name="Cosine">Of the passage's vector and the query's.</param>
public sealed record Explanation(double? Lexical, IReadOnlyDictionary<string, double> Terms, double? Cosine);

internal static class SearchEndpoints
{
    private const int MaxQuery = 8_192;
    private const int MaxLimit = 50;
    private const int DefaultLimit = 10;
    private const int MaxPrincipals = 64;
    private const int MaxPrincipalLength = 256;

    private static readonly Dictionary<string, string> NoFilter = [];

    private static readonly Dictionary<string, SearchMode> Modes = new(StringComparer.Ordinal)
    {
        ["hybrid"] = SearchMode.Hybrid,
        ["lexical"] = SearchMode.Lexical,
        ["vector"] = SearchMode.Vector,
    };

    public static IServiceCollection AddSearch(this IServiceCollection services)
    {
        services.AddOptions<IndexOptions>().BindConfiguration(IndexOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        return services.AddSingleton<IndexCache>().AddSingleton<Searcher>();
    }

    public static void MapSearch(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/collections/{id}/search", Search).WithTags("Search").RequireScope(Scopes.Documents)
            .WithName("SearchCollection").WithSummary("Find passages in a collection.");
        routes.MapPost("/internal/search", SearchInternally).RequireInternal();
    }

    private static async Task<Results<Ok<SearchResults>, Problem>> Search(
        string id, SearchCollection request, Caller caller, CollectionRecords collections, Searcher searcher, CancellationToken cancellationToken)
    {
        var refusal = Refusal(request.Query, request.Limit ?? DefaultLimit) ?? ModeRefusal(request.Mode) ?? Checks.Metadata("filter", request.Filter);
        if (refusal is not null)
            return refusal;
        if (await collections.FindAsync(new CollectionKey(caller.Tenant, id), cancellationToken) is not { } collection)
            return Problem.NotFound("collection");
        // A key stands for no principal; an admin's may see what every principal sees.
        var principals = caller.Scopes.Contains(Scopes.Admin) ? null : FrozenSet<string>.Empty;
        var found = await searcher.SearchAsync(
            caller.Tenant, [collection],
            new SearchQuery(request.Query!, request.Limit ?? DefaultLimit, Modes[request.Mode ?? "hybrid"], principals, request.Filter ?? NoFilter),
            cancellationToken);
        var language = collection.Language ?? Languages.Default;
        return TypedResults.Ok(new SearchResults(
            [.. found.Passages.Select(passage => ToResult(passage, found, request, language))], found.Mode, found.KnowledgeVersion));
    }

    private static async Task<Results<Ok<FoundPassages>, Problem>> SearchInternally(
        SearchPassages request, Caller caller, CollectionRecords collections, Searcher searcher, CancellationToken cancellationToken)
    {
        if (caller.Tenant.Length == 0)
            return Problem.Invalid(InternalHeaders.Tenant, "The call names no tenant.");
        var refusal = Refusal(request.Query, request.Limit)
            ?? Checks.Items("principals", request.Principals, MaxPrincipals, MaxPrincipalLength);
        if (refusal is not null)
            return refusal;
        if (request.Collections?.Count > CollectionRecords.MaxPerTenant)
            return Problem.Invalid("collections", $"At most {CollectionRecords.MaxPerTenant} collections are searched at once.");
        var searched = request.Collections is { } ids
            ? await collections.FindManyAsync(caller.Tenant, ids, cancellationToken)
            : await collections.AllAsync(caller.Tenant, cancellationToken);
        var found = await searcher.SearchAsync(
            caller.Tenant, searched, new SearchQuery(request.Query, request.Limit, SearchMode.Hybrid, request.Principals.ToFrozenSet(StringComparer.Ordinal), NoFilter),
            cancellationToken);
        return TypedResults.Ok(new FoundPassages([.. found.Passages.Select(ToPassage)], found.KnowledgeVersion));
    }

    private static Problem? Refusal(string? query, int limit) => Checks.Text("query", query, MaxQuery)
        ?? (limit is < 1 or > MaxLimit ? Problem.Invalid("limit", $"limit must be 1 to {MaxLimit}.") : null);

    private static Problem? ModeRefusal(string? mode) => mode is null || Modes.ContainsKey(mode)
        ? null
        : Problem.Invalid("mode", $"mode must be one of {string.Join(", ", Modes.Keys)}.");

    private static SearchResult ToResult(Found found, SearchOutcome outcome, SearchCollection request, string language) => new(
        found.Hit.Entry.Document, ChunkId(found.Hit), found.Hit.Ordinal, found.Hit.Entry.Header!.Title, found.Text, found.Score,
        found.Hit.Entry.Header.Metadata, found.Hit.Entry.Header.Flagged,
        request.Highlight == true ? Highlighter.Find(found.Text, outcome.Terms.Select(term => term.Term), language) : null,
        request.Explain == true ? Explain(found, outcome) : null);

    private static Explanation Explain(Found found, SearchOutcome outcome)
    {
        var terms = new Dictionary<string, double>(StringComparer.Ordinal);
        if (found.Lexical is not null)
            LexicalSearch.Score(found.Hit, outcome.Terms, outcome.AverageLength, (term, part) => terms[term] = part);
        return new Explanation(found.Lexical, terms, found.Cosine);
    }

    private static Passage ToPassage(Found found) => new(
        found.Hit.Entry.Document, found.Hit.View.Segment.Collection.Id, ChunkId(found.Hit), found.Hit.Entry.Header!.Title, found.Hit.Ordinal, found.Text,
        found.Score);

    private static string ChunkId(Hit hit) => $"{hit.Entry.Document}#{hit.Ordinal}";
}
