using System.Text.Json.Serialization;
using Agents.Defaults.Errors;
using Dapr;
using Dapr.Client;

namespace Agents.Defaults.State;

/// <summary>A stored value with the ETag that guards its next change.</summary>
public sealed record Record<T>(T Value, string ETag);

/// <summary>
/// Typed records in one Dapr state store, changed only by single-key compare-and-swap: all that portable state can express.
/// Each write carries a token of its own, so that after any refusal or lost answer a read-back tells whether the write took place
/// (stores disagree on what they answer to a first-write on an existing key).
/// </summary>
public sealed class Records(DaprClient dapr, string store, TimeProvider time)
{
    private const int MaxAttempts = 16;

    /// <summary>The record, or null when there is none.</summary>
    /// <exception cref="DaprException">The store does not answer.</exception>
    public async Task<Record<T>?> GetAsync<T>(string key, CancellationToken cancellationToken)
    {
        var (stored, etag) = await dapr.GetStateAndETagAsync<Stored<T>?>(store, key, ConsistencyMode.Strong, cancellationToken: cancellationToken);
        return stored is null ? null : new Record<T>(stored.Value, etag);
    }

    /// <summary>Many records at once; absent ones are left out. At most 1,000 keys.</summary>
    public async Task<IReadOnlyDictionary<string, Record<T>>> GetManyAsync<T>(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        if (keys.Count == 0)
            return new Dictionary<string, Record<T>>();
        var items = await dapr.GetBulkStateAsync<Stored<T>?>(store, keys, parallelism: 16, cancellationToken: cancellationToken);
        return items.Where(item => item.Value is not null).ToDictionary(item => item.Key, item => new Record<T>(item.Value!.Value, item.ETag));
    }

    /// <summary>Creates a record that must not exist yet. False when it does.</summary>
    public Task<bool> TryCreateAsync<T>(string key, T value, CancellationToken cancellationToken, TimeSpan? ttl = null) =>
        WriteAsync(key, value, null, ttl, cancellationToken);

    /// <summary>Replaces a record if nobody changed it since it was read. False when somebody did.</summary>
    public Task<bool> TryReplaceAsync<T>(string key, T value, string etag, CancellationToken cancellationToken, TimeSpan? ttl = null) =>
        WriteAsync(key, value, etag, ttl, cancellationToken);

    /// <summary>Writes without a guard: for values that only one writer owns, or immutable ones whose key names their content.</summary>
    public Task PutAsync<T>(string key, T value, CancellationToken cancellationToken, TimeSpan? ttl = null) =>
        dapr.SaveStateAsync(store, key, NewStored(value), metadata: Ttl(ttl), cancellationToken: cancellationToken);

    /// <summary>Removes a record, whatever it holds.</summary>
    public Task DeleteAsync(string key, CancellationToken cancellationToken) =>
        dapr.DeleteStateAsync(store, key, cancellationToken: cancellationToken);

    /// <summary>Removes a record if nobody changed it since it was read. False when somebody did, or removed it.</summary>
    public Task<bool> TryDeleteAsync(string key, string etag, CancellationToken cancellationToken) =>
        dapr.TryDeleteStateAsync(store, key, etag, FirstWrite, cancellationToken: cancellationToken);

    /// <summary>
    /// Reads, decides and writes until no other writer interferes. <paramref name="change"/> gets null for a missing record, may run
    /// several times, and returns null to leave everything as it is.
    /// </summary>
    /// <returns>What is stored afterwards, null when nothing is.</returns>
    /// <exception cref="ProblemException">409 <c>contention</c> after 16 lost races.</exception>
    public async Task<T?> UpdateAsync<T>(string key, Func<T?, T?> change, CancellationToken cancellationToken, TimeSpan? ttl = null)
        where T : class
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var current = await GetAsync<T>(key, cancellationToken);
            if (change(current?.Value) is not { } next)
                return current?.Value;
            if (await WriteAsync(key, next, current?.ETag, ttl, cancellationToken))
                return next;
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(1, 4 << Math.Min(attempt, 6))), time, cancellationToken);
        }
        throw new ProblemException(Problem.Conflict("contention", "Too many writers at once; try again.", TimeSpan.FromSeconds(1)));
    }

    private async Task<bool> WriteAsync<T>(string key, T value, string? etag, TimeSpan? ttl, CancellationToken cancellationToken)
    {
        var stored = NewStored(value);
        try
        {
            if (etag is not null)
            {
                if (await dapr.TrySaveStateAsync(store, key, stored, etag, FirstWrite, Ttl(ttl), cancellationToken))
                    return true;
            }
            else
            {
                await dapr.SaveStateAsync(store, key, stored, FirstWrite, Ttl(ttl), cancellationToken);
                return true;
            }
        }
        catch (DaprException)
        {
            // A refusal and a lost answer look alike here; the read-back below tells them apart.
            var found = await dapr.GetStateAsync<Stored<T>?>(store, key, ConsistencyMode.Strong, cancellationToken: cancellationToken);
            if (found?.Writer == stored.Writer)
                return true;
            if (found is null)
                throw;
            return false;
        }
        return (await dapr.GetStateAsync<Stored<T>?>(store, key, ConsistencyMode.Strong, cancellationToken: cancellationToken))?.Writer
            == stored.Writer;
    }

    private static Stored<T> NewStored<T>(T value) => new(Guid.CreateVersion7().ToString("N"), value);

    private static readonly StateOptions FirstWrite = new() { Concurrency = ConcurrencyMode.FirstWrite, Consistency = ConsistencyMode.Strong };

    private static Dictionary<string, string>? Ttl(TimeSpan? ttl) => ttl is { } value
        ? new() { ["ttlInSeconds"] = Math.Max(1, (long)value.TotalSeconds).ToString(System.Globalization.CultureInfo.InvariantCulture) }
        : null;

    private sealed record Stored<T>([property: JsonPropertyName("w")] string Writer, [property: JsonPropertyName("v")] T Value);
}
