using Dapr.AspNetCore;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Dapr;

/// <summary>That one endpoint takes (some of) the events of one topic.</summary>
internal sealed record TopicRoute(
    string PubsubName,
    string Topic,
    string Path,
    string? Match,
    int Priority,
    bool RawPayload,
    string? DeadLetterTopic,
    string? Separator,
    IReadOnlyList<IOriginalTopicMetadata> Metadata,
    BulkSubscribe? Bulk)
{
    /// <summary>The routes an endpoint's metadata asks for; none for most endpoints.</summary>
    public static IEnumerable<TopicRoute> Of(RouteEndpoint endpoint)
    {
        var values = endpoint.Metadata.GetOrderedMetadata<IOriginalTopicMetadata>();
        var bulk = endpoint.Metadata.GetOrderedMetadata<IBulkSubscribeMetadata>();
        foreach (var topic in endpoint.Metadata.GetOrderedMetadata<ITopicMetadata>())
        {
            var owner = topic as IOwnedOriginalTopicMetadata;
            var batches = bulk.FirstOrDefault(metadata => metadata.TopicName == topic.Name);
            yield return new TopicRoute(
                topic.PubsubName,
                topic.Name,
                PathOf(endpoint.RoutePattern),
                topic.Match,
                topic.Priority,
                (topic as IRawTopicMetadata)?.EnableRawPayload is true,
                (topic as IDeadLetterTopicMetadata)?.DeadLetterTopic,
                owner?.MetadataSeparator,
                values.Where(value => string.IsNullOrEmpty(value.Id) || owner?.OwnedMetadatas?.Contains(value.Id) is true).ToList(),
                batches is null ? null : new BulkSubscribe(true, batches.MaxMessagesCount, batches.MaxAwaitDurationMs));
        }
    }

    /// <summary>The path without a leading slash; the sidecar could not fill in a parameter.</summary>
    private static string PathOf(RoutePattern pattern)
    {
        return string.Join('/', pattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(Literal))));

        string Literal(RoutePatternPart part) => part is RoutePatternLiteralPart literal
            ? literal.Content
            : throw new InvalidOperationException($"The subscribed route '{pattern.RawText}' has a parameter; only literals can be subscribed.");
    }
}
