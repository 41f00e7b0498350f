using System.Text.Json.Serialization;

namespace Agents.Conversation.Hooks.Webhooks;

/// <summary>Where a delivery stands.</summary>
public enum DeliveryStatus
{
    /// <summary>It is tried until it is taken, for three days.</summary>
    Pending,

    /// <summary>The receiver took it.</summary>
    Delivered,

    /// <summary>Nobody took it in all this time; it can be sent again.</summary>
    Failed,

    /// <summary>The receiver says (410) that it wants no more of it.</summary>
    Gone,
}

/// <summary>An attempt at a delivery.</summary>
/// <param name="Status">The receiver's HTTP status; 0 when nobody answered.</param>
/// <param name="Error">Why nobody answered.</param>
public sealed record DeliveryAttempt(DateTimeOffset At, int Status, int Ms, string? Error);

/// <summary>A webhook on its way, as the API shows it.</summary>
/// <param name="WebhookId">The header <c>webhook-id</c>, the same in all attempts.</param>
/// <param name="NextAt">When it is tried again.</param>
/// <param name="Attempts">The latest 16.</param>
public sealed record WebhookDelivery(
    string Id, string WebhookId, string Url, string Type, DeliveryStatus Status, DateTimeOffset CreatedAt, DateTimeOffset? NextAt, IReadOnlyList<DeliveryAttempt> Attempts);

/// <summary>A webhook as it is kept, <c>webhook/{tenant}/{delivery}</c>.</summary>
/// <param name="Tries">Attempts since it was sent, or sent again.</param>
/// <param name="Log">The latest attempts.</param>
internal sealed record Webhook(
    string Id, string Tenant, string Url, string Type, string Body, DateTimeOffset CreatedAt, DateTimeOffset Due, DeliveryStatus Status, int Tries,
    IReadOnlyList<DeliveryAttempt> Log)
{
    public const string Prefix = "whd";

    private const int MaxLog = 16;
    private const int GoneStatus = 410;

    // As Standard Webhooks recommends: for three days, ever more rarely.
    private static readonly TimeSpan[] Pauses =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2),
        TimeSpan.FromHours(5), TimeSpan.FromHours(10), TimeSpan.FromHours(14), TimeSpan.FromHours(20), TimeSpan.FromHours(24),
    ];

    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(24);

    /// <summary>Names the delivery in paths and lists; follows from the webhook's id.</summary>
    [JsonIgnore]
    public string Delivery => DeliveryOf(Id);

    public static string DeliveryOf(string id) =>
        $"{Prefix}_{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(id)).AsSpan(0, 16))}";

    /// <summary>The webhook after an attempt.</summary>
    /// <param name="retryAfter">What the receiver asks for.</param>
    /// <param name="jitter">0 to 1.</param>
    public Webhook After(DeliveryAttempt attempt, TimeSpan? retryAfter, DateTimeOffset now, double jitter)
    {
        var status = attempt.Status switch
        {
            >= 200 and < 300 => DeliveryStatus.Delivered,
            GoneStatus => DeliveryStatus.Gone,
            _ => Tries >= Pauses.Length ? DeliveryStatus.Failed : DeliveryStatus.Pending,
        };
        var pause = Pauses[Math.Min(Tries, Pauses.Length - 1)] * (1 + (jitter / 10));
        if (retryAfter > pause)
            pause = retryAfter.Value < LongestPause ? retryAfter.Value : LongestPause;
        return this with
        {
            Status = status,
            Tries = Tries + 1,
            Due = status == DeliveryStatus.Pending ? now + pause : now,
            Log = [.. Log.Append(attempt).TakeLast(MaxLog)],
        };
    }

    public WebhookDelivery Show() => new(Delivery, Id, Url, Type, Status, CreatedAt, Status == DeliveryStatus.Pending ? Due : null, Log);
}

/// <summary>The body of a webhook.</summary>
/// <param name="Type">Such as <c>escalation.opened</c>.</param>
internal sealed record WebhookBody<T>(string Type, DateTimeOffset Timestamp, T Data);
