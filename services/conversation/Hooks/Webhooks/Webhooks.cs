using System.Globalization;
using System.Text.Json;
using Agents.Contracts;
using Agents.Defaults.Api;
using Agents.Defaults.Events;
using Agents.Defaults.Ledgers;
using Agents.Defaults.Paging;
using Agents.Defaults.Replicas;
using Agents.Defaults.State;
using Dapr;
using Dapr.Client;

namespace Agents.Conversation.Hooks.Webhooks;

/// <summary>Names a webhook that is to be looked after.</summary>
internal sealed record WebhookKey(string Tenant, string Delivery);

/// <summary>
/// Tells the outside: at least once, always under the same id. A webhook is written down, and noted in the bucket of the moment at which it
/// is due, before anybody is told of it; <see cref="WebhookSender"/>, perhaps in another process, sends it.
/// </summary>
internal sealed partial class Webhooks(Stores stores, LedgerSet ledgers, DaprClient dapr, TimeProvider time, ILogger<Webhooks> logger)
{
    /// <summary>The first attempt is made as soon as the message arrives; should that be lost, the bucket comes due. Longer than an attempt may take.</summary>
    public static readonly TimeSpan FirstLook = TimeSpan.FromSeconds(12);

    private static readonly TimeSpan Kept = TimeSpan.FromDays(7);
    private static readonly TimeSpan PublishLimit = TimeSpan.FromSeconds(5);

    /// <summary>Sends a webhook; when this returns it will be delivered, or tried for three days. Sending the same id again changes nothing.</summary>
    public async Task<WebhookDelivery> SendAsync<T>(string tenant, string id, string url, string type, T data, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var body = JsonSerializer.Serialize(new WebhookBody<T>(type, now, data), Json.Options);
        var webhook = new Webhook(id, tenant, url, type, body, now, now + FirstLook, DeliveryStatus.Pending, 0, []);
        var known = await GetAsync(tenant, webhook.Delivery, cancellationToken);
        // Whoever wrote it down may have died before it was in its list and in its bucket.
        if (known is not null and not { Status: DeliveryStatus.Pending, Tries: 0 })
            return known.Show();
        webhook = known is null ? webhook : known with { Due = webhook.Due };
        await List(tenant).AddOnceAsync(
            webhook.Delivery,
            async () => known is null && await stores.Main.TryCreateAsync(Key(tenant, webhook.Delivery), webhook, cancellationToken, Kept),
            cancellationToken);
        await NoteAsync(webhook, cancellationToken);
        await TellAsync(webhook);
        return webhook.Show();
    }

    /// <summary>Sends a webhook again, with all its attempts before it. Null when there is none.</summary>
    public async Task<WebhookDelivery?> ResendAsync(string tenant, string delivery, CancellationToken cancellationToken)
    {
        var again = await UpdateAsync(
            tenant, delivery, webhook => webhook with { Status = DeliveryStatus.Pending, Tries = 0, Due = time.GetUtcNow() + FirstLook }, cancellationToken);
        if (again is null)
            return null;
        await NoteAsync(again, cancellationToken);
        await TellAsync(again);
        return again.Show();
    }

    public async Task<Webhook?> GetAsync(string tenant, string delivery, CancellationToken cancellationToken) =>
        Ids.IsValid(Webhook.Prefix, delivery) ? (await stores.Main.GetAsync<Webhook>(Key(tenant, delivery), cancellationToken))?.Value : null;

    /// <summary>Compare-and-swap. Null when there is none.</summary>
    public async Task<Webhook?> UpdateAsync(string tenant, string delivery, Func<Webhook, Webhook?> change, CancellationToken cancellationToken) =>
        Ids.IsValid(Webhook.Prefix, delivery)
            ? await stores.Main.UpdateAsync<Webhook>(Key(tenant, delivery), current => current is null ? null : change(current), cancellationToken, Kept)
            : null;

    /// <summary>A page of the tenant's deliveries that fit.</summary>
    public Task<Page<Webhook>> PageAsync(string tenant, PageQuery query, DeliveryStatus? status, CancellationToken cancellationToken) => List(tenant).PageAsync(
        query,
        async (ids, token) =>
        {
            var found = await stores.Main.GetManyAsync<Webhook>([.. ids.Select(id => Key(tenant, id))], token);
            return (IReadOnlyList<Webhook>)[.. found.Values.Select(record => record.Value).Where(webhook => status is null || webhook.Status == status)];
        },
        webhook => webhook.Delivery,
        cancellationToken);

    /// <summary>Notes when a webhook is to be looked after.</summary>
    public Task NoteAsync(Webhook webhook, CancellationToken cancellationToken) =>
        Bucket(DueBuckets.BucketOf(webhook.Due)).AppendAsync([new WebhookKey(webhook.Tenant, webhook.Delivery)], cancellationToken);

    /// <summary>What is due at a moment.</summary>
    public Ledger<WebhookKey> Bucket(long bucket) =>
        ledgers.Get<WebhookKey>(string.Create(CultureInfo.InvariantCulture, $"webhooks/{bucket}"), keep: Kept);

    private async Task TellAsync(Webhook webhook)
    {
        try
        {
            using var limit = new CancellationTokenSource(PublishLimit);
            await dapr.PublishEventAsync(
                Subscriptions.PubSub, Topics.Webhooks, new WebhookKey(webhook.Tenant, webhook.Delivery),
                new Dictionary<string, string> { ["partitionKey"] = webhook.Tenant }, limit.Token);
        }
        catch (Exception exception) when (exception is DaprException or HttpRequestException or OperationCanceledException)
        {
            // It is in its bucket.
            NotTold(logger, webhook.Id, exception.GetType().Name);
        }
    }

    private Listing List(string tenant) => new(ledgers.Get<string>($"webhooks-of/{tenant}"));

    private static string Key(string tenant, string delivery) => $"webhook/{tenant}/{delivery}";

    [LoggerMessage(LogLevel.Warning, "Webhook {Webhook} waits for its bucket, because its message was not published: {Cause}")]
    private static partial void NotTold(ILogger logger, string webhook, string cause);
}
