using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Agents.Contracts;
using Agents.Defaults.Api;

namespace Agents.Defaults.Identity;

/// <summary>Where keys are looked up: conversation asks its own records, every other service asks conversation.</summary>
public interface IKeySource
{
    /// <summary>Who the key belongs to; null for an unknown, expired or revoked one.</summary>
    Task<AuthenticatedKey?> FindAsync(AuthenticateKey key, CancellationToken cancellationToken);
}

/// <summary>The form of keys: <c>ak_{32 hex id}_{43 characters of secret}</c>. Only the hash of a key is ever stored or sent.</summary>
public static class KeyFormat
{
    public const string Prefix = "ak";

    /// <summary>A key with this id and 256 random bits of secret.</summary>
    public static string New(string id) => $"{id}_{System.Buffers.Text.Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32))}";

    public static AuthenticateKey Describe(string key)
    {
        var id = key.Length > Prefix.Length + 33 ? key[..(Prefix.Length + 33)] : null;
        return new AuthenticateKey(Ids.IsValid(Prefix, id) ? id : null, Hash(key));
    }

    public static string Hash(string key) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}

/// <summary>Keys seen lately, so that the hot path asks nobody. A revoked key stops working everywhere within <see cref="Fresh"/>.</summary>
internal sealed class KeyCache(IKeySource source, TimeProvider time)
{
    internal static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);

    // When conversation does not answer, a key that was valid a moment ago goes on working, still within the promised 30 s.
    private static readonly TimeSpan Usable = TimeSpan.FromSeconds(25);
    private const int MaxEntries = 10_000;

    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    public async ValueTask<AuthenticatedKey?> FindAsync(string key, CancellationToken cancellationToken)
    {
        var asked = KeyFormat.Describe(key);
        _entries.TryGetValue(asked.Hash, out var known);
        if (known is not null && time.GetElapsedTime(known.At) < Fresh)
            return known.Key;
        try
        {
            var found = await source.FindAsync(asked, cancellationToken);
            if (_entries.Count >= MaxEntries)
                _entries.Clear();
            _entries[asked.Hash] = new Entry(found, time.GetTimestamp());
            return found;
        }
        catch (Exception exception) when (exception is HttpRequestException or Dapr.DaprException
            && known?.Key is not null && time.GetElapsedTime(known.At) < Usable)
        {
            // The answer of a few seconds ago is still within the promise; a failing dependency must not lock everybody out at once.
            return known.Key;
        }
    }

    private sealed record Entry(AuthenticatedKey? Key, long At);
}

/// <summary>Asks conversation by service invocation.</summary>
internal sealed class RemoteKeySource(ServiceClients clients) : IKeySource
{
    public async Task<AuthenticatedKey?> FindAsync(AuthenticateKey key, CancellationToken cancellationToken)
    {
        using var response = await clients.Conversation.PostAsJsonAsync("/internal/keys/authenticate", key, Json.Options, cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotFound)
            return null;
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<AuthenticatedKey>(Json.Options, cancellationToken);
    }
}
