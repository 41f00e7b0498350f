using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Dapr;

/// <summary>Builds the list of subscriptions from the metadata of the app's endpoints.</summary>
internal static partial class SubscribeDocument
{
    public static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static IReadOnlyList<Subscription> Of(IEnumerable<Endpoint> endpoints, bool rawPayload, ILogger logger)
    {
        var subscriptions =
            from endpoint in endpoints.OfType<RouteEndpoint>()
            from route in TopicRoute.Of(endpoint)
            group route by (route.PubsubName, route.Topic) into topic
            select Combine(topic.OrderBy(route => route.Priority).ToList(), rawPayload, logger);

        return subscriptions
            .OrderBy(subscription => subscription.PubsubName, StringComparer.Ordinal)
            .ThenBy(subscription => subscription.Topic, StringComparer.Ordinal)
            .ToList();
    }

    /// <summary>One subscription of all routes to a topic, the one with the lowest priority first.</summary>
    private static Subscription Combine(List<TopicRoute> routes, bool rawPayload, ILogger logger)
    {
        var first = routes[0];
        var rules = routes.Where(route => !string.IsNullOrEmpty(route.Match)).ToList();
        var defaults = routes.Where(route => string.IsNullOrEmpty(route.Match)).ToList();
        if (defaults.Count > 1) LogSecondDefault(logger, first.PubsubName, first.Topic);
        foreach (var same in rules.GroupBy(route => route.Priority).Where(group => group.Count() > 1))
            LogSamePriority(logger, first.PubsubName, first.Topic, same.Key);

        var path = defaults.FirstOrDefault()?.Path;
        return new Subscription(
            first.PubsubName,
            first.Topic,
            rules.Count == 0 ? path : null,
            rules.Count == 0 ? null : new Routes(rules.ConvertAll(route => new Rule(route.Match!, route.Path)), path),
            Metadata(routes, rawPayload),
            first.DeadLetterTopic,
            first.Bulk);
    }

    private static SortedDictionary<string, string>? Metadata(List<TopicRoute> routes, bool rawPayload)
    {
        var separator = routes.Select(route => route.Separator).FirstOrDefault(text => !string.IsNullOrEmpty(text)) ?? ",";
        var metadata = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var values in routes.SelectMany(route => route.Metadata).ToLookup(value => value.Name, value => value.Value))
            metadata[values.Key] = string.Join(separator, values.Distinct());
        if (rawPayload || routes.Any(route => route.RawPayload)) metadata["rawPayload"] = "true";
        return metadata.Count == 0 ? null : metadata;
    }

    [LoggerMessage(LogLevel.Error, "Topic {Topic} of {Pubsub} has more than one endpoint without a match; the first is used.")]
    private static partial void LogSecondDefault(ILogger logger, string pubsub, string topic);

    [LoggerMessage(LogLevel.Error, "Topic {Topic} of {Pubsub} has more than one rule of priority {Priority}; their order is chance.")]
    private static partial void LogSamePriority(ILogger logger, string pubsub, string topic, int priority);
}

internal sealed record Subscription(
    string PubsubName,
    string Topic,
    string? Route,
    Routes? Routes,
    IDictionary<string, string>? Metadata,
    string? DeadLetterTopic,
    BulkSubscribe? BulkSubscribe);

internal sealed record Routes(IReadOnlyList<Rule> Rules, string? Default);

internal sealed record Rule(string Match, string Path);

internal sealed record BulkSubscribe(bool Enabled, int MaxMessagesCount, int MaxAwaitDurationMs);
