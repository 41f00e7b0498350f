using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Events;
using Agents.Defaults.Idempotency;
using Agents.Defaults.Identity;
using Agents.Defaults.Paging;
using Agents.Retrieval.Ingestion;
using Agents.Retrieval.Lexical;
using Agents.Retrieval.Names;
using Dapr;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Agents.Retrieval.Collections;

/// <summary>Creates a collection.</summary>
/// <param name="Name">1 to 100 characters, unique within the tenant.</param>
/// <param name="Metadata">At most 16 entries; keys of 64, values of 512 characters.</param>
/// <param name="Language">Of its documents: <c>en</c> (default), <c>de</c>, <c>fr</c>, <c>es</c>, or <c>none</c> for words as they are.</param>
public sealed record CreateCollection(string? Name, Dictionary<string, string>? Metadata, string? Language = null);

internal static partial class CollectionEndpoints
{
    public static IServiceCollection AddCollections(this IServiceCollection services) =>
        services.AddSingleton<Claims>().AddSingleton<CollectionRecords>().AddSingleton<CollectionCounts>();

    public static void MapCollections(this IEndpointRouteBuilder routes)
    {
        var collections = routes.MapGroup("/v1/collections").WithTags("Collections").RequireScope(Scopes.Documents);
        collections.MapPost("/", Create).WithAudit("collection.create").WithIdempotency().WithName("CreateCollection").WithSummary("Create a collection; its name must be free.");
        collections.MapGet("/", List).WithName("ListCollections").WithSummary("List collections.");
        collections.MapGet("/{id}", Get).WithName("GetCollection").WithSummary("One collection.");
        collections.MapDelete("/{id}", Delete).WithAudit("collection.delete").WithName("DeleteCollection").WithSummary("Delete a collection and all that it holds.");
    }

    private static async Task<Results<Created<Collection>, Problem>> Create(
        CreateCollection request, Caller caller, CollectionRecords collections, CollectionCounts counts, CancellationToken cancellationToken)
    {
        if ((Checks.Text("name", request.Name, 100) ?? Checks.Metadata("metadata", request.Metadata)) is { } refusal)
            return refusal;
        if (request.Language is { } language && !Languages.All.Contains(language))
            return Problem.Invalid("language", $"language must be one of {string.Join(", ", Languages.All)}.");
        var record = await collections.CreateAsync(
            caller.Tenant, request.Name!, request.Metadata ?? [], request.Language ?? Languages.Default, cancellationToken);
        return TypedResults.Created($"/v1/collections/{record.Id}", (await counts.DescribeAsync(caller.Tenant, [record], cancellationToken))[0]);
    }

    private static async Task<Results<Ok<Page<Collection>>, Problem>> List(
        [AsParameters] PageQuery query, Caller caller, CollectionRecords collections, CollectionCounts counts, CancellationToken cancellationToken)
    {
        if (query.Refusal(CollectionRecords.Prefix) is { } refusal)
            return refusal;
        var page = await collections.PageAsync(caller.Tenant, query, cancellationToken);
        var described = await counts.DescribeAsync(caller.Tenant, page.Data, cancellationToken);
        return TypedResults.Ok(new Page<Collection>(described, page.FirstId, page.LastId, page.HasMore));
    }

    private static async Task<Results<Ok<Collection>, Problem>> Get(
        string id, Caller caller, CollectionRecords collections, CollectionCounts counts, CancellationToken cancellationToken)
    {
        if (await collections.FindAsync(new CollectionKey(caller.Tenant, id), cancellationToken) is not { } record)
            return Problem.NotFound("collection");
        return TypedResults.Ok((await counts.DescribeAsync(caller.Tenant, [record], cancellationToken))[0]);
    }

    private static async Task<Results<NoContent, Problem>> Delete(
        string id, Caller caller, CollectionRecords collections, OpenWork open, WorkQueue queue, ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        var key = new CollectionKey(caller.Tenant, id);
        if (await collections.FindAsync(key, cancellationToken) is null)
            return Problem.NotFound("collection");
        var work = new DocumentWork(key.Tenant, key.Id, null, null);
        await open.AddAsync(work, cancellationToken);
        if (!await collections.TryDeleteAsync(key, cancellationToken))
            return Problem.NotFound("collection");
        try
        {
            await queue.PublishAsync(work, cancellationToken);
        }
        catch (DaprException exception)
        {
            // The collection is gone for everybody; what it held is removed when the sweep finds the open work.
            RemovalDelayed(loggers.CreateLogger("Agents.Retrieval.Collections"), id, exception);
        }
        return TypedResults.NoContent();
    }

    [LoggerMessage(LogLevel.Warning, "The content of deleted collection {Collection} is removed later: no message could be sent")]
    private static partial void RemovalDelayed(ILogger logger, string collection, Exception exception);
}
