using System.Text.Json;
using Agents.Contracts;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Events;
using Agents.Defaults.Identity;
using Agents.Retrieval.Embeddings;
using Agents.Retrieval.Segments;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Agents.Retrieval.Ingestion;

/// <summary>The subscriber of the work queue.</summary>
internal sealed partial class IngestionTopic(Reconciler reconciler, CollectionRemoval removal, Upkeep upkeep, OpenWork open, ILogger<IngestionTopic> logger)
{
    /// <summary>Handles one message; its success acknowledges.</summary>
    public async Task HandleAsync(EventMessage message, CancellationToken cancellationToken)
    {
        if (Read(message.Data) is not { } work)
        {
            // Sending it again would not make it readable; the sweep finds whatever it was about.
            Unreadable(logger, message.Id);
            return;
        }
        if (work.IsPurge)
            await PurgeAsync(work, cancellationToken);
        else if (work.Document is null)
            await removal.HandleAsync(work, cancellationToken);
        else
            await reconciler.HandleAsync(work, cancellationToken);
    }

    // Comes again, at growing intervals, until nothing of what was replaced or deleted is left in the store.
    private async Task PurgeAsync(DocumentWork work, CancellationToken cancellationToken)
    {
        await upkeep.RunAsync(work.Key, purge: true, cancellationToken);
        if (await upkeep.IsPurgedAsync(work.Key, cancellationToken))
            await open.RemoveAsync(work, cancellationToken);
    }

    private static DocumentWork? Read(JsonElement data)
    {
        try
        {
            return data.Deserialize<DocumentWork>(Json.Options);
        }
        catch (JsonException)
        {
            // Told apart from a failure to handle: this one is for good.
            return null;
        }
    }

    [LoggerMessage(LogLevel.Error, "Message {Id} is not work that this service knows; dropped")]
    private static partial void Unreadable(ILogger logger, string id);
}

/// <summary>What is accepted and not yet done, whoever has its message.</summary>
/// <param name="Documents">Documents that are not found yet, and documents and collections that are not removed yet.</param>
public sealed record Backlog(int Documents);

internal static class IngestionEndpoints
{
    // True unless other processes (app id retrieval-ingest) index what this one accepts.
    private const string Enabled = "Ingestion:Enabled";

    public static void AddIngestion(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<EmbeddingOptions>().BindConfiguration(EmbeddingOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<Embedder>().AddSingleton<SegmentStore>().AddSingleton<Committer>().AddSingleton<UpkeepQueue>().AddSingleton<Upkeep>()
            .AddSingleton<OpenWork>().AddSingleton<WorkQueue>().AddSingleton<Indexer>().AddSingleton<DocumentFacts>().AddSingleton<Reconciler>()
            .AddSingleton<CollectionRemoval>().AddSingleton<IngestionTopic>().AddSingleton<RetrievalTelemetry>();
        if (builder.Configuration.GetValue(Enabled, true))
            services.AddHostedService<Sweep>().AddHostedService(provider => provider.GetRequiredService<Upkeep>());
    }

    public static void MapIngestion(this WebApplication app)
    {
        app.MapGet("/v1/collections/backlog", Waiting).WithTags("Collections").RequireScope(Scopes.Analytics)
            .WithName("GetIngestionBacklog").WithSummary("What waits for indexing, of all tenants; its 'documents' is what autoscalers go by (operator).");
        if (!app.Configuration.GetValue(Enabled, true))
            return;
        app.MapTopic(
            Topics.DocumentIngest,
            static (EventMessage message, IngestionTopic topic, CancellationToken cancellationToken) => topic.HandleAsync(message, cancellationToken));
    }

    // An autoscaler has a key of the operator's tenant that reads figures, and nothing more.
    private static async Task<Results<Ok<Backlog>, Problem>> Waiting(Caller caller, OpenWork open, CancellationToken cancellationToken) =>
        caller.Tenant == Caller.OperatorTenant
            ? TypedResults.Ok(new Backlog((await open.AllAsync(cancellationToken)).Count))
            : new Problem(403, "operator_only", "Only a key of the tenant 'default' may do this.");
}
