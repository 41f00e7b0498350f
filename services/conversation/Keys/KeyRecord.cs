using Agents.Contracts;

namespace Agents.Conversation.Keys;

/// <summary>What is kept of a key: never the key itself.</summary>
/// <param name="Hash">SHA-256 of the key, base64.</param>
/// <param name="PreviousHash">The key before the last rotation, valid until <paramref name="PreviousUntil"/>.</param>
/// <param name="Rotation">The last rotation.</param>
internal sealed record KeyRecord(
    string Id, string Tenant, string Name, IReadOnlyList<string> Scopes, string Hash, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt,
    DateTimeOffset? RevokedAt = null, string? PreviousHash = null, DateTimeOffset? PreviousUntil = null, string? Rotation = null)
{
    public bool Accepts(string hash, DateTimeOffset now) => RevokedAt is null && !(ExpiresAt <= now)
        && (hash == Hash || (hash == PreviousHash && now < PreviousUntil));

    public KeyRecord Rotate(string hash, DateTimeOffset oldUntil, string rotation) => rotation == Rotation
        ? this with { Hash = hash, PreviousUntil = oldUntil }
        : this with { Hash = hash, PreviousHash = Hash, PreviousUntil = oldUntil, Rotation = rotation };

    public KeyRecord Revoke(DateTimeOffset now) => this with { RevokedAt = RevokedAt ?? now };

    public AuthenticatedKey ToAuthenticated() => new(Id, Tenant, Scopes);
}

/// <summary>An API key as the API shows it.</summary>
/// <param name="Key">The secret itself: only in the answer that made it.</param>
/// <param name="ExpiresAt">Absent: it does not expire.</param>
/// <param name="RevokedAt">Since when it is refused.</param>
public sealed record ApiKey(
    string Id, string Tenant, string Name, IReadOnlyList<string> Scopes, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt,
    DateTimeOffset? RevokedAt, string? Key = null)
{
    internal static ApiKey From(KeyRecord record, string? key = null) =>
        new(record.Id, record.Tenant, record.Name, record.Scopes, record.CreatedAt, record.ExpiresAt, record.RevokedAt, key);
}
