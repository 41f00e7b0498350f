using System.Text.Json;
using Agents.Contracts;
using Agents.Defaults.Api;
using Agents.Defaults.Events;
using Agents.Retrieval.Embeddings;
using Agents.Retrieval.Segments;

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
        if (!app.Configuration.GetValue(Enabled, true))
            return;
        app.MapTopic(
            Topics.DocumentIngest,
            static (EventMessage message, IngestionTopic topic, CancellationToken cancellationToken) => topic.HandleAsync(message, cancellationToken));
    }
}
