using System.Collections.Frozen;
using Agents.Contracts;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Identity;
using Agents.Retrieval.Collections;
using Agents.Retrieval.Indexing;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Agents.Retrieval.Search;

/// <summary>Looks for passages in one collection.</summary>
/// <param name="Query">1 to 8,192 characters.</param>
/// <param name="Limit">1 to 50; default 10.</param>
/// <param name="Mode">How to search; <c>lexical</c> is what there is, and the default.</param>
/// <param name="Filter">Only documents whose metadata have these values.</param>
public sealed record SearchCollection(string? Query, int? Limit, string? Mode, Dictionary<string, string>? Filter);

/// <summary>Passages, best first.</summary>
/// <param name="KnowledgeVersion">Version of the collection that was searched.</param>
public sealed record SearchResults(IReadOnlyList<SearchResult> Data, string KnowledgeVersion)
{
    public string Object => "list";
}

/// <summary>A passage that was found.</summary>
/// <param name="ChunkId">The document's id and the passage's place in it: <c>{document_id}#{ordinal}</c>.</param>
/// <param name="Ordinal">The passage's place in its document, from 1.</param>
/// <param name="Score">Relevance, above 0; comparable within one answer.</param>
/// <param name="Metadata">The document's metadata.</param>
public sealed record SearchResult(
    string DocumentId, string ChunkId, int Ordinal, string Title, string Text, double Score, IReadOnlyDictionary<string, string> Metadata);

internal static class SearchEndpoints
{
    private const int MaxQuery = 8_192;
    private const int MaxLimit = 50;
    private const int DefaultLimit = 10;
    private const int MaxPrincipals = 64;
    private const int MaxPrincipalLength = 256;

    private static readonly Dictionary<string, string> NoFilter = [];

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
            caller.Tenant, [collection], new SearchQuery(request.Query!, request.Limit ?? DefaultLimit, principals, request.Filter ?? NoFilter),
            cancellationToken);
        return TypedResults.Ok(new SearchResults([.. found.Passages.Select(ToResult)], found.KnowledgeVersion));
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
            caller.Tenant, searched, new SearchQuery(request.Query, request.Limit, request.Principals.ToFrozenSet(StringComparer.Ordinal), NoFilter),
            cancellationToken);
        return TypedResults.Ok(new FoundPassages([.. found.Passages.Select(ToPassage)], found.KnowledgeVersion));
    }

    private static Problem? Refusal(string? query, int limit) => Checks.Text("query", query, MaxQuery)
        ?? (limit is < 1 or > MaxLimit ? Problem.Invalid("limit", $"limit must be 1 to {MaxLimit}.") : null);

    private static Problem? ModeRefusal(string? mode) => mode switch
    {
        null or "lexical" => null,
        "hybrid" or "vector" => Problem.Invalid("mode", $"mode '{mode}' is not available here; available: lexical.", "mode_unavailable"),
        _ => Problem.Invalid("mode", "mode must be 'lexical'."),
    };

    private static SearchResult ToResult((double Score, IndexedChunk Chunk) found) => new(
        found.Chunk.Document.Id, ChunkId(found.Chunk), found.Chunk.Ordinal, found.Chunk.Document.Header.Title, found.Chunk.ReadText(), found.Score,
        found.Chunk.Document.Header.Metadata);

    private static Passage ToPassage((double Score, IndexedChunk Chunk) found) => new(
        found.Chunk.Document.Id, found.Chunk.Document.Collection, ChunkId(found.Chunk), found.Chunk.Document.Header.Title, found.Chunk.Ordinal,
        found.Chunk.ReadText(), found.Score);

    private static string ChunkId(IndexedChunk chunk) => $"{chunk.Document.Id}#{chunk.Ordinal}";
}
