using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Agents.Analytics.Archive;
using Agents.Defaults.Api;
using Agents.Defaults.State;

namespace Agents.Analytics.Users;

/// <summary>
/// Users go by pseudonyms in everything that is kept: archive, figures, audit. Who is behind one lies in two small records beside; without
/// them nobody can tell any more, so that a user is erased without touching a single event or figure.
/// </summary>
internal sealed class Pseudonyms(Stores stores, TimeProvider time)
{
    private const string Prefix = "user";
    private const string Member = "user";

    private const int MaxKeys = 500;

    // What is remembered is forgotten together, also because somebody may have been erased through another replica.
    private const int MaxRemembered = 50_000;
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(1);

    private ConcurrentDictionary<(string Tenant, string User), string> _known = new();
    private long _since = time.GetTimestamp();

    /// <summary>The same events with pseudonyms for the users they name.</summary>
    public async Task<IReadOnlyList<ArchivedEvent>> HideAsync(IReadOnlyList<ArchivedEvent> events, CancellationToken cancellationToken)
    {
        if (_known.Count > MaxRemembered || time.GetElapsedTime(_since) > Remembered)
            (_known, _since) = (new(), time.GetTimestamp());
        var known = _known;
        foreach (var (tenant, user) in events.Select(one => (one.Tenant, User: UserOf(one))).Distinct())
        {
            if (user is not null && !known.ContainsKey((tenant, user)))
                known[(tenant, user)] = await MakeAsync(tenant, user, cancellationToken);
        }
        return [.. events.Select(one => UserOf(one) is { } user ? Hide(one, known[(one.Tenant, user)]) : one)];
    }

    /// <summary>The pseudonym of a user; null when there is none, or no longer.</summary>
    public async Task<string?> FindAsync(string tenant, string user, CancellationToken cancellationToken) =>
        (await stores.Main.GetAsync<Alias>(AliasKey(tenant, user), cancellationToken))?.Value.Pseudonym;

    /// <summary>Who is behind pseudonyms; those who were erased, and texts that are none, are left out.</summary>
    public async Task<IReadOnlyDictionary<string, string>> NamesAsync(string tenant, IEnumerable<string> pseudonyms, CancellationToken cancellationToken)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var some in pseudonyms.Where(text => Ids.IsValid(Prefix, text)).Distinct().Chunk(MaxKeys))
        {
            var found = await stores.Main.GetManyAsync<Name>([.. some.Select(pseudonym => NameKey(tenant, pseudonym))], cancellationToken);
            foreach (var pseudonym in some)
            {
                if (found.GetValueOrDefault(NameKey(tenant, pseudonym)) is { } name)
                    names[pseudonym] = name.Value.User;
            }
        }
        return names;
    }

    /// <summary>Forgets who is behind the user's pseudonym. What comes of the same user later gets another one.</summary>
    public async Task ForgetAsync(string tenant, string user, CancellationToken cancellationToken)
    {
        if (await FindAsync(tenant, user, cancellationToken) is not { } pseudonym)
            return;
        // The alias goes last: with it, what an interrupted erasure left is found again.
        await stores.Main.DeleteAsync(NameKey(tenant, pseudonym), cancellationToken);
        await stores.Main.DeleteAsync(AliasKey(tenant, user), cancellationToken);
        _known.TryRemove((tenant, user), out _);
    }

    private async Task<string> MakeAsync(string tenant, string user, CancellationToken cancellationToken)
    {
        var alias = await stores.Main.UpdateAsync<Alias>(AliasKey(tenant, user), current => current is null ? new Alias(Ids.New(Prefix)) : null, cancellationToken);
        await stores.Main.UpdateAsync<Name>(NameKey(tenant, alias!.Pseudonym), current => current is null ? new Name(user) : null, cancellationToken);
        return alias.Pseudonym;
    }

    private static string? UserOf(ArchivedEvent archived) =>
        archived.Data is { ValueKind: JsonValueKind.Object } data && data.TryGetProperty(Member, out var user) && user.ValueKind == JsonValueKind.String ? user.GetString() : null;

    private static ArchivedEvent Hide(ArchivedEvent archived, string pseudonym)
    {
        var data = JsonObject.Create(archived.Data!.Value)!;
        data[Member] = pseudonym;
        return archived with { Data = JsonSerializer.SerializeToElement(data, Json.Options) };
    }

    // The user's name is hashed only to make a key of it; the record goes with the user.
    private static string AliasKey(string tenant, string user) => $"users/of/{tenant}/{Ids.Hash(user)}";

    private static string NameKey(string tenant, string pseudonym) => $"users/of/{tenant}/{pseudonym}";

    private sealed record Alias(string Pseudonym);

    private sealed record Name(string User);
}
