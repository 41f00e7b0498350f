using Agents.Defaults.Errors;
using Agents.Defaults.Events;
using Agents.Defaults.Idempotency;
using Agents.Defaults.Identity;
using Agents.Defaults.Limits;
using Agents.Defaults.Paging;
using Agents.Retrieval.Collections;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Agents.Retrieval.Documents;

internal static class DocumentEndpoints
{
    public static IServiceCollection AddDocuments(this IServiceCollection services) => services
        .AddSingleton<DocumentRecords>().AddSingleton<UploadStore>().AddSingleton<DocumentIntake>().AddSingleton<DocumentRemoval>();

    public static void MapDocuments(this IEndpointRouteBuilder routes)
    {
        var documents = routes.MapGroup("/v1/collections/{id}/documents").WithTags("Documents").RequireScope(Scopes.Documents);
        documents.MapPost("/", Add).WithIdempotency().WithBodyLimit(DocumentForm.MaxBody)
            .Accepts<AddDocuments>("application/json", "multipart/form-data")
            .Produces<DocumentAccepted>(StatusCodes.Status202Accepted)
            .WithName("AddDocument").WithSummary("Add a document, or several, as JSON, or files as multipart/form-data; indexing follows.");
        documents.MapGet("/", List).WithName("ListDocuments").WithSummary("List documents.");
        documents.MapGet("/{document}", Get).WithName("GetDocument").WithSummary("One document.");
        documents.MapPost("/{document}/redrive", Redrive).WithName("RedriveDocument").WithSummary("Try a failed document again, with the text as it was posted.");
        documents.MapDelete("/{document}", Delete).WithAudit("document.delete").WithName("DeleteDocument").WithSummary("Delete a document; no search finds it afterwards.");
    }

    private static async Task<IResult> Add(
        string id, HttpRequest request, Caller caller, CollectionRecords collections, DocumentIntake intake, CancellationToken cancellationToken)
    {
        var key = new CollectionKey(caller.Tenant, id);
        if (await collections.FindAsync(key, cancellationToken) is null)
            return Problem.NotFound("collection");
        var posted = await DocumentForm.ReadAsync(request, cancellationToken);
        if (posted.Refusal is { } refusal)
            return refusal;
        var accepted = new List<DocumentAccepted>();
        foreach (var document in posted.Documents)
            accepted.Add(await intake.AcceptAsync(key, document, cancellationToken));
        return accepted is [var single]
            ? TypedResults.Accepted($"/v1/collections/{id}/documents/{single.Id}", single)
            : TypedResults.Accepted($"/v1/collections/{id}/documents", new DocumentsAccepted(accepted));
    }

    private static async Task<Results<Ok<Page<Document>>, Problem>> List(
        string id, [AsParameters] PageQuery query, Caller caller, CollectionRecords collections, DocumentRecords documents,
        CancellationToken cancellationToken)
    {
        if (query.Refusal(DocumentRecords.Prefix) is { } refusal)
            return refusal;
        var key = new CollectionKey(caller.Tenant, id);
        if (await collections.FindAsync(key, cancellationToken) is null)
            return Problem.NotFound("collection");
        var page = await documents.PageAsync(key, query, cancellationToken);
        return TypedResults.Ok(new Page<Document>([.. page.Data.Select(record => record.ToDocument(id))], page.FirstId, page.LastId, page.HasMore));
    }

    private static async Task<Results<Ok<Document>, Problem>> Get(
        string id, string document, Caller caller, CollectionRecords collections, DocumentRecords documents, CancellationToken cancellationToken)
    {
        var key = new CollectionKey(caller.Tenant, id);
        if (await collections.FindAsync(key, cancellationToken) is null)
            return Problem.NotFound("collection");
        return await documents.FindAsync(key, document, cancellationToken) is { } found
            ? TypedResults.Ok(found.ToDocument(id))
            : Problem.NotFound("document");
    }

    private static async Task<Results<Accepted<DocumentAccepted>, Problem>> Redrive(
        string id, string document, Caller caller, CollectionRecords collections, DocumentRecords documents, UploadStore uploads, DocumentIntake intake,
        CancellationToken cancellationToken)
    {
        var key = new CollectionKey(caller.Tenant, id);
        if (await collections.FindAsync(key, cancellationToken) is null)
            return Problem.NotFound("collection");
        if (await documents.FindAsync(key, document, cancellationToken) is not { } found)
            return Problem.NotFound("document");
        if (found.Status != DocumentStatus.Failed || await uploads.ReadTextAsync(key, found.Upload, found.TextPages, cancellationToken) is not { } text)
            return Problem.Conflict("document_not_failed", "Only a document that failed is tried again.");
        var accepted = await intake.AcceptAsync(
            key, new NewDocument(found.Title, text, found.ContentType, found.Metadata, found.Principals), cancellationToken);
        return TypedResults.Accepted($"/v1/collections/{id}/documents/{accepted.Id}", accepted);
    }

    private static async Task<Results<NoContent, Problem>> Delete(
        string id, string document, Caller caller, CollectionRecords collections, DocumentRemoval removal, CancellationToken cancellationToken)
    {
        var key = new CollectionKey(caller.Tenant, id);
        if (await collections.FindAsync(key, cancellationToken) is null)
            return Problem.NotFound("collection");
        return await removal.TryDeleteAsync(key, document, cancellationToken) ? TypedResults.NoContent() : Problem.NotFound("document");
    }
}
