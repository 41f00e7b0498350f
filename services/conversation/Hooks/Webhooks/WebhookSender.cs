using System.Collections.Concurrent;
using System.Text.Json;
using Agents.Defaults.Api;
using Agents.Defaults.Events;
using Agents.Defaults.Replicas;
using Agents.Defaults.State;

namespace Agents.Conversation.Hooks.Webhooks;

/// <summary>
/// Sends webhooks, signed anew each time: at once when told so on the topic <c>webhooks</c>, and from the buckets as they come due, which
/// one replica at a time looks through.
/// </summary>
internal sealed partial class WebhookSender(
    Webhooks webhooks, Stores stores, Leases leases, WebhookSecrets secrets, HttpHook http, TimeProvider time, ILogger<WebhookSender> logger) : BackgroundService
{
    private const string Name = "webhooks";
    private const int MaxBuckets = 720;

    // Where nobody has ever looked yet: webhooks may be older than this role's first process.
    private const int FirstBuckets = 120;
    private const int AtOnce = 64;
    private const int EntriesAtOnce = 500;
    private const int AttemptSeconds = 10;

    // Late notes, of replicas that were slow between looking at the clock and writing, still come before their bucket is looked at.
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(2);

    // A message may come many times at once, and its bucket meanwhile; one attempt at a time is enough.
    private readonly ConcurrentDictionary<string, bool> _trying = new(StringComparer.Ordinal);

    /// <summary>Makes the first attempt at a webhook. A message that comes twice, or late, changes nothing.</summary>
    public async Task ReceiveAsync(EventMessage message, CancellationToken cancellationToken)
    {
        if (Read(message.Data) is { } key && await webhooks.GetAsync(key.Tenant, key.Delivery, cancellationToken) is { Status: DeliveryStatus.Pending, Tries: 0 } webhook)
            await AttemptAsync(webhook);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(Webhooks.BucketSeconds), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (leases.IsOurs(await leases.TakeAsync(Name, stoppingToken)))
                    await LookAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // The store is away: the buckets wait.
                NotLooked(logger, exception.GetType().Name);
            }
        }
    }

    /// <summary>Attempts what has come due, an hour of buckets at most.</summary>
    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        var now = (time.GetUtcNow() - Late).ToUnixTimeSeconds() / Webhooks.BucketSeconds;
        var next = (await stores.Main.GetAsync<Cursor>(Name, cancellationToken))?.Value.Next ?? now - FirstBuckets;
        for (var bucket = next; bucket < Math.Min(now, next + MaxBuckets); bucket++)
        {
            for (long from = 0; ;)
            {
                var slice = await webhooks.Bucket(bucket).ReadAsync(from, EntriesAtOnce, cancellationToken);
                await Parallel.ForEachAsync(
                    slice.Entries, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
                    async (entry, token) => await LookAfterAsync(entry, token));
                if (slice.Entries.Count == 0)
                    break;
                from = slice.Next;
            }
            await stores.Main.PutAsync(Name, new Cursor(bucket + 1), cancellationToken);
        }
    }

    private async Task LookAfterAsync(WebhookKey key, CancellationToken cancellationToken)
    {
        if (await webhooks.GetAsync(key.Tenant, key.Delivery, cancellationToken) is not { Status: DeliveryStatus.Pending } webhook || webhook.Due > time.GetUtcNow())
            return;
        // An attempt is under way: should it die, somebody must look again.
        if (!await AttemptAsync(webhook))
            await webhooks.NoteAsync(webhook with { Due = time.GetUtcNow() + Webhooks.FirstLook }, cancellationToken);
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
        var started = time.GetTimestamp();
        var signers = (await secrets.ListAsync(webhook.Tenant, CancellationToken.None)).Select(secret => secret.Secret);
        var headers = WebhookSignature.Headers(webhook.Id, time.GetUtcNow(), webhook.Body, signers);
        var sent = await http.SendAsync(new SendHttp(webhook.Url, "POST", headers, webhook.Body, webhook.Id, AttemptSeconds), CancellationToken.None);
        var attempt = new DeliveryAttempt(
            time.GetUtcNow(), sent.Status, (int)time.GetElapsedTime(started).TotalMilliseconds, sent.Status == 0 ? sent.Text : null);
        var (now, jitter) = (time.GetUtcNow(), Random.Shared.NextDouble());
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

    private sealed record Cursor(long Next);

    [LoggerMessage(LogLevel.Warning, "Webhooks were not looked after: {Cause}")]
    private static partial void NotLooked(ILogger logger, string cause);

    [LoggerMessage(LogLevel.Warning, "Webhook {Webhook} was not taken, the last time with status {Status}; it is given up")]
    private static partial void GivenUp(ILogger logger, string webhook, int status);
}
