using System.Net;
using System.Text.Json;
using Agents.LocalRuntime.Apps;
using Agents.Cel;

namespace Agents.LocalRuntime.PubSub;

/// <summary>Asks an app for its programmatic subscriptions: GET /dapr/subscribe.</summary>
internal sealed partial class SubscriptionReader(AppChannel app, string appId, TimeProvider time, ILogger<SubscriptionReader> log)
{
    private const int Attempts = 4;
    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(500);

    /// <summary>The subscriptions; none when the app has no such endpoint or answers nonsense.</summary>
    /// <exception cref="HttpRequestException">The app is not there.</exception>
    public async Task<IReadOnlyList<Subscription>> ReadAsync(CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, app.Address + "/dapr/subscribe");
            request.Headers.TryAddWithoutValidation("dapr-app-id", appId);
            using var response = await app.SendAsync(request, cancel);
            if (response.StatusCode == HttpStatusCode.NotFound) return [];
            if (response.IsSuccessStatusCode) return Parse(await response.Content.ReadAsByteArrayAsync(cancel));
            LogRefused(log, appId, (int)response.StatusCode);
            if (attempt == Attempts) return [];
            await Task.Delay(Wait, time, cancel);
        }
    }

    private List<Subscription> Parse(byte[] body)
    {
        var subscriptions = new List<Subscription>();
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind == JsonValueKind.Null) return subscriptions;
            foreach (var item in document.RootElement.EnumerateArray())
            {
                if (ParseItem(item) is { Rules.Count: > 0 } subscription) subscriptions.Add(subscription);
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or CelException)
        {
            LogNonsense(log, appId, error.Message);
        }

        return subscriptions;
    }

    private static Subscription ParseItem(JsonElement item)
    {
        var rules = new List<Rule>();
        string? fallback = null;
        if (Member(item, "routes") is { } routes)
        {
            fallback = Text(routes, "default");
            foreach (var rule in Member(routes, "rules")?.EnumerateArray() ?? [])
            {
                if (Text(rule, "path") is { } path)
                    rules.Add(new(Text(rule, "match") is { } match ? Expression.Parse(match) : null, Rule.CleanPath(path)));
            }
        }

        fallback ??= Text(item, "route");
        if (fallback is not null) rules.Add(new(null, Rule.CleanPath(fallback)));
        var metadata = new Dictionary<string, string>();
        foreach (var member in Member(item, "metadata")?.EnumerateObject() ?? []) metadata[member.Name] = member.Value.ToString();
        BulkOptions? bulk = null;
        if (Member(item, "bulkSubscribe") is { } options && Member(options, "enabled") is { ValueKind: JsonValueKind.True })
        {
            bulk = new(Number(options, "maxMessagesCount"), Number(options, "maxAwaitDurationMs"));
        }

        return new(
            Text(item, "pubsubname") ?? "", Text(item, "topic") ?? "", rules, metadata, Text(item, "deadLetterTopic") ?? "", bulk,
            Declarative: false);
    }

    /// <summary>Go reads member names in any case, and SDKs make use of it.</summary>
    private static JsonElement? Member(JsonElement item, string name)
    {
        foreach (var member in item.EnumerateObject())
        {
            if (member.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                return member.Value.ValueKind == JsonValueKind.Null ? null : member.Value;
        }

        return null;
    }

    private static string? Text(JsonElement item, string name) => Member(item, name)?.GetString() is { Length: > 0 } text ? text : null;

    private static int Number(JsonElement item, string name) => Member(item, name)?.GetInt32() ?? 0;

    [LoggerMessage(Level = LogLevel.Warning, Message = "App {AppId} answered {Status} when asked for its subscriptions")]
    private static partial void LogRefused(ILogger logger, string appId, int status);

    [LoggerMessage(Level = LogLevel.Error, Message = "App {AppId} answered no valid subscriptions: {Problem}")]
    private static partial void LogNonsense(ILogger logger, string appId, string problem);
}
