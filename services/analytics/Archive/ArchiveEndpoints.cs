using Agents.Analytics.Users;
using Agents.Contracts;
using Agents.Defaults.Events;

namespace Agents.Analytics.Archive;

/// <summary>Subscribes to every family of events.</summary>
internal static partial class ArchiveEndpoints
{
    private static readonly string[] Families = [Topics.Session, Topics.Turn, Topics.Job, Topics.Model, Topics.Document, Topics.Audit, Topics.Ops];

    public static void AddArchive(this IServiceCollection services) => services.AddSingleton<EventArchive>();

    public static void MapArchive(this IEndpointRouteBuilder routes)
    {
        foreach (var topic in Families)
            routes.MapTopicInBatches(topic, Store);
    }

    /// <summary>Acknowledges only what is stored: a store that does not answer leaves the events with the broker.</summary>
    private static async Task<IResult> Store(
        EventBatch batch, EventArchive archive, Pseudonyms pseudonyms, TimeProvider time, ILogger<EventArchive> logger, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var events = batch.Events.Select(message => Envelope.Read(message, now)).ToList();
        foreach (var ignored in events.Where(read => KnownEvents.Read(read) is null).GroupBy(read => read.Type))
            Ignored(logger, ignored.Count(), ignored.Key);
        await archive.AppendAsync(await pseudonyms.HideAsync(events, cancellationToken), cancellationToken);
        return batch.Acknowledge();
    }

    [LoggerMessage(LogLevel.Warning, "{Count} events of type {Type} are archived but count in no figure: unknown type, or data of another shape")]
    private static partial void Ignored(ILogger logger, int count, string type);
}
