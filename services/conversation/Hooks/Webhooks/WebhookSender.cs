using System.Collections.Concurrent;
using System.Text.Json;
using Agents.Defaults.Api;
using Agents.Defaults.Events;
using Agents.Defaults.Replicas;
using Agents.Defaults.State;

namespace Agents.Conversation.Hooks.Webhooks;

/// <summary>
/// Sends webhooks, signed anew each time: at once when told so on the topic <c>webhooks</c>, and from the buckets as they come due.
/// </summary>
internal sealed partial class WebhookSender(
    Webhooks webhooks, Stores stores, Leases leases, WebhookSecrets secrets, HttpHook http, TimeProvider time, ILogger<WebhookSender> logger)
    : DueBuckets("webhooks", Lookback, stores, leases, time, logger)
{
    // Webhooks may be older than this role's first process.
    private const int Lookback = 120;
    private const int AtOnce = 64;
    private const int EntriesAtOnce = 500;
    private const int AttemptSeconds = 10;

    // A message may come many times at once, and its bucket meanwhile; one attempt at a time is enough.
    private readonly ConcurrentDictionary<string, bool> _trying = new(StringComparer.Ordinal);

    /// <summary>Makes the first attempt at a webhook. A message that comes twice, or late, changes nothing.</summary>
    public async Task ReceiveAsync(EventMessage message, CancellationToken cancellationToken)
    {
        if (Read(message.Data) is { } key && await webhooks.GetAsync(key.Tenant, key.Delivery, cancellationToken) is { Status: DeliveryStatus.Pending, Tries: 0 } webhook)
            await AttemptAsync(webhook);
    }

    protected override async Task LookThroughAsync(long bucket, CancellationToken cancellationToken)
    {
        for (long from = 0; ;)
        {
            var slice = await webhooks.Bucket(bucket).ReadAsync(from, EntriesAtOnce, cancellationToken);
            await Parallel.ForEachAsync(
                slice.Entries, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
                async (entry, token) => await LookAfterAsync(entry, token));
            if (slice.Entries.Count == 0)
                return;
            from = slice.Next;
        }
    }

    private async Task LookAfterAsync(WebhookKey key, CancellationToken cancellationToken)
    {
        if (await webhooks.GetAsync(key.Tenant, key.Delivery, cancellationToken) is not { Status: DeliveryStatus.Pending } webhook || webhook.Due > Time.GetUtcNow())
            return;
        // An attempt is under way: should it die, somebody must look again.
        if (!await AttemptAsync(webhook))
            await webhooks.NoteAsync(webhook with { Due = Time.GetUtcNow() + Webhooks.FirstLook }, cancellationToken);
    }

    /// <summary>False when an attempt is under way already.</summary>
    private async Task<bool> AttemptAsync(Webhook webhook)
    {
        if (!_trying.TryAdd(webhook.Delivery, true))
            return false;
        try
        {
            await TryAsync(webhook);
            return true;
        }
        finally
        {
            _trying.TryRemove(webhook.Delivery, out _);
        }
    }

    private async Task TryAsync(Webhook webhook)
    {
        var started = Time.GetTimestamp();
        var signers = (await secrets.ListAsync(webhook.Tenant, CancellationToken.None)).Select(secret => secret.Secret);
        var headers = WebhookSignature.Headers(webhook.Id, Time.GetUtcNow(), webhook.Body, signers);
        var sent = await http.SendAsync(new SendHttp(webhook.Url, "POST", headers, webhook.Body, webhook.Id, AttemptSeconds), CancellationToken.None);
        var attempt = new DeliveryAttempt(
            Time.GetUtcNow(), sent.Status, (int)Time.GetElapsedTime(started).TotalMilliseconds, sent.Status == 0 ? sent.Text : null);
        var (now, jitter) = (Time.GetUtcNow(), Random.Shared.NextDouble());
        // Noted before it is written down that this attempt is over: no death in between leaves a webhook that nobody looks after.
        if (webhook.After(attempt, sent.RetryAfter, now, jitter) is { Status: DeliveryStatus.Pending } next)
            await webhooks.NoteAsync(next, CancellationToken.None);
        var tried = await webhooks.UpdateAsync(
            webhook.Tenant,
            webhook.Delivery,
            // Of attempts that two processes made at the same time one counts, unless the other one succeeded.
            current => current.Status != DeliveryStatus.Pending || (current.Tries != webhook.Tries && attempt.Status is < 200 or >= 300)
                ? null
                : current.After(attempt, sent.RetryAfter, now, jitter),
            CancellationToken.None);
        if (tried is { Status: DeliveryStatus.Failed or DeliveryStatus.Gone })
            GivenUp(logger, webhook.Id, sent.Status);
    }

    private static WebhookKey? Read(JsonElement data)
    {
        try
        {
            return data.Deserialize<WebhookKey>(Json.Options);
        }
        catch (JsonException)
        {
            // No message of ours; whatever it was about is in its bucket.
            return null;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Webhook {Webhook} was not taken, the last time with status {Status}; it is given up")]
    private static partial void GivenUp(ILogger logger, string webhook, int status);
}
