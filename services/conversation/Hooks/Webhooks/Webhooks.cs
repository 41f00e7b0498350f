using System.Globalization;
using System.Text.Json;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Ledgers;
using Agents.Defaults.Replicas;
using Agents.Defaults.State;
using Dapr;

namespace Agents.Conversation.Hooks.Webhooks;

/// <summary>
/// Tells the outside: at least once, always under the same id, signed anew each time. A webhook is written down before the first attempt
/// and noted in the bucket of the moment at which it is due again; one replica at a time looks through the buckets as they come due.
/// </summary>
internal sealed partial class Webhooks(
    Stores stores, LedgerSet ledgers, Leases leases, WebhookSecrets secrets, HookClient hooks, TimeProvider time, ILogger<Webhooks> logger) : BackgroundService
{
    private const string Name = "webhooks";
    private const int BucketSeconds = 5;
    private const int MaxBuckets = 720;
    private const int AtOnce = 16;
    private const int EntriesAtOnce = 500;
    private const int AttemptSeconds = 10;
    private const int Gone = 410;

    // The first attempt is made at once; should this replica die over it, the next one is due then.
    private static readonly TimeSpan FirstLook = TimeSpan.FromSeconds(20);

    // Late notes, of replicas that were slow between looking at the clock and writing, still come before their bucket is looked at.
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Kept = TimeSpan.FromDays(7);

    // As Standard Webhooks recommends: for three days, ever more rarely.
    private static readonly TimeSpan[] Pauses =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2),
        TimeSpan.FromHours(5), TimeSpan.FromHours(10), TimeSpan.FromHours(14), TimeSpan.FromHours(20), TimeSpan.FromHours(24),
    ];

    /// <summary>Sends a webhook; when this returns it will be delivered, or tried for three days. Sending the same id again changes nothing.</summary>
    public async Task SendAsync<T>(string tenant, string id, string url, string type, T data, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var body = JsonSerializer.Serialize(new WebhookBody<T>(type, now, data), Json.Options);
        var webhook = new Webhook(id, tenant, url, body, 0, now + FirstLook, Done: false);
        await stores.Main.TryCreateAsync(Key(tenant, id), webhook, cancellationToken, Kept);
        await NoteAsync(webhook, cancellationToken);
        _ = Task.Run(() => AttemptSafelyAsync(tenant, id, early: true), CancellationToken.None);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(BucketSeconds), time);
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

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var now = (time.GetUtcNow() - Late).ToUnixTimeSeconds() / BucketSeconds;
        var next = (await stores.Main.GetAsync<Cursor>(Name, cancellationToken))?.Value.Next ?? now - 1;
        for (var bucket = next; bucket < Math.Min(now, next + MaxBuckets); bucket++)
        {
            for (long from = 0; ;)
            {
                var slice = await Bucket(bucket).ReadAsync(from, EntriesAtOnce, cancellationToken);
                await Parallel.ForEachAsync(
                    slice.Entries, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
                    async (entry, _) => await AttemptAsync(entry.Tenant, entry.Id, early: false));
                if (slice.Entries.Count == 0)
                    break;
                from = slice.Next;
            }
            await stores.Main.PutAsync(Name, new Cursor(bucket + 1), cancellationToken);
        }
    }

    private async Task AttemptSafelyAsync(string tenant, string id, bool early)
    {
        try
        {
            await AttemptAsync(tenant, id, early);
        }
        catch (Exception exception) when (exception is DaprException or HttpRequestException or ProblemException)
        {
            // It is in its bucket.
            NotLooked(logger, exception.GetType().Name);
        }
    }

    private async Task AttemptAsync(string tenant, string id, bool early)
    {
        if ((await stores.Main.GetAsync<Webhook>(Key(tenant, id), CancellationToken.None))?.Value is not { Done: false } webhook || (!early && webhook.Due > time.GetUtcNow()))
            return;
        var signers = (await secrets.ListAsync(tenant, CancellationToken.None)).Select(secret => secret.Secret);
        var headers = WebhookSignature.Headers(id, time.GetUtcNow(), webhook.Body, signers);
        var status = await PostAsync(webhook, headers);
        var last = webhook.Attempts >= Pauses.Length || status == Gone;
        var tried = await stores.Main.UpdateAsync<Webhook>(
            Key(tenant, id),
            current => current is null or { Done: true } ? null : current with
            {
                Attempts = webhook.Attempts + 1,
                Done = status is >= 200 and < 300 || last,
                Due = time.GetUtcNow() + (last ? TimeSpan.Zero : Pauses[webhook.Attempts]),
            },
            CancellationToken.None,
            Kept);
        if (tried is { Done: false })
            await NoteAsync(tried, CancellationToken.None);
        else if (last && status is not (>= 200 and < 300))
            GivenUp(logger, id, status);
    }

    private async Task<int> PostAsync(Webhook webhook, Dictionary<string, string> headers)
    {
        try
        {
            return (await hooks.SendAsync(webhook.Tenant, null, new SendHttp(webhook.Url, "POST", headers, webhook.Body, webhook.Id, AttemptSeconds), CancellationToken.None)).Status;
        }
        catch (HttpRequestException)
        {
            // The hooks role is away: as good as a receiver that is.
            return 0;
        }
    }

    private Task<long> NoteAsync(Webhook webhook, CancellationToken cancellationToken) =>
        Bucket((webhook.Due.ToUnixTimeSeconds() / BucketSeconds) + 1).AppendAsync([new Entry(webhook.Tenant, webhook.Id)], cancellationToken);

    private Ledger<Entry> Bucket(long bucket) => ledgers.Get<Entry>(string.Create(CultureInfo.InvariantCulture, $"{Name}/{bucket}"), keep: Kept);

    private static string Key(string tenant, string id) => $"webhook/{tenant}/{id}";

    /// <param name="Attempts">Those that were made.</param>
    /// <param name="Done">Delivered, or given up.</param>
    private sealed record Webhook(string Id, string Tenant, string Url, string Body, int Attempts, DateTimeOffset Due, bool Done);

    private sealed record Entry(string Tenant, string Id);

    private sealed record Cursor(long Next);

    [LoggerMessage(LogLevel.Warning, "Webhooks were not looked after: {Cause}")]
    private static partial void NotLooked(ILogger logger, string cause);

    [LoggerMessage(LogLevel.Warning, "Webhook {Webhook} was not taken, the last time with status {Status}; it is given up")]
    private static partial void GivenUp(ILogger logger, string webhook, int status);
}

/// <summary>The body of a webhook.</summary>
/// <param name="Type">Such as <c>escalation.opened</c>.</param>
internal sealed record WebhookBody<T>(string Type, DateTimeOffset Timestamp, T Data);
