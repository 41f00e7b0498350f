namespace Agents.Contracts;

/// <summary>Any service asks conversation who a key belongs to: <c>POST /internal/keys/authenticate</c>.</summary>
/// <param name="KeyId">The id inside the key, absent when the key does not carry one.</param>
/// <param name="Hash">SHA-256 of the whole key, base64. The key itself never travels.</param>
public sealed record AuthenticateKey(string? KeyId, string Hash);

/// <summary>The answer for a valid key; an unknown, expired or revoked key is a 404.</summary>
public sealed record AuthenticatedKey(string KeyId, string Tenant, IReadOnlyList<string> Scopes);
