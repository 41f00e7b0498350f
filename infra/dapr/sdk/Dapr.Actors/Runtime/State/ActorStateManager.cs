namespace Dapr.Actors.Runtime;

/// <summary>Keeps what a turn reads and changes until it is saved.</summary>
internal sealed class ActorStateManager(ActorStateStore store) : IActorStateManager
{
    private readonly Dictionary<string, CachedValue> _ofActor = new(StringComparer.Ordinal);
    private readonly AsyncLocal<Dictionary<string, CachedValue>?> _ofCall = new();

    private Dictionary<string, CachedValue> Cache => _ofCall.Value ?? _ofActor;

    /// <summary>
    /// Gives the call that begins a cache of its own. With reentrancy a call may run inside another one of the same actor, and must not
    /// save the half of the outer one's changes that happen to be there.
    /// </summary>
    public void BeginReentrantCall() => _ofCall.Value = new Dictionary<string, CachedValue>(StringComparer.Ordinal);

    public async Task AddStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default)
    {
        if (!await TryAddAsync(stateName, value, null, cancellationToken)) throw Exists(stateName);
    }

    public async Task AddStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default)
    {
        if (!await TryAddAsync(stateName, value, ttl, cancellationToken)) throw Exists(stateName);
    }

    public async Task<T> GetStateAsync<T>(string stateName, CancellationToken cancellationToken = default)
    {
        var found = await TryGetStateAsync<T>(stateName, cancellationToken);
        return found.HasValue ? found.Value : throw Missing(stateName);
    }

    public Task SetStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default) => Put(stateName, value, null);

    public Task SetStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default) => Put(stateName, value, ttl);

    public async Task RemoveStateAsync(string stateName, CancellationToken cancellationToken = default)
    {
        if (!await TryRemoveStateAsync(stateName, cancellationToken)) throw Missing(stateName);
    }

    public Task<bool> TryAddStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default) =>
        TryAddAsync(stateName, value, null, cancellationToken);

    public Task<bool> TryAddStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default) =>
        TryAddAsync(stateName, value, ttl, cancellationToken);

    public async Task<ConditionalValue<T>> TryGetStateAsync<T>(string stateName, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stateName);
        var cache = Cache;
        if (!cache.TryGetValue(stateName, out var cached))
        {
            cached = await store.LoadAsync<T>(stateName, cancellationToken);
            if (cached is null) return default;
            cache[stateName] = cached;
        }

        return cached.IsThereAt(store.Now) ? new ConditionalValue<T>(true, (T)cached.Value!) : default;
    }

    public async Task<bool> TryRemoveStateAsync(string stateName, CancellationToken cancellationToken = default)
    {
        if (!await ContainsStateAsync(stateName, cancellationToken)) return false;
        Cache[stateName] = new CachedValue(null, typeof(object), PendingChange.Remove, null);
        return true;
    }

    public async Task<bool> ContainsStateAsync(string stateName, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stateName);
        return Cache.TryGetValue(stateName, out var cached)
            ? cached.IsThereAt(store.Now)
            : await store.ContainsAsync(stateName, cancellationToken);
    }

    public Task<T> GetOrAddStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default) =>
        ChangeAsync(stateName, value, (_, old) => old, null, keepsOld: true, cancellationToken);

    public Task<T> GetOrAddStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default) =>
        ChangeAsync(stateName, value, (_, old) => old, ttl, keepsOld: true, cancellationToken);

    public Task<T> AddOrUpdateStateAsync<T>(
        string stateName, T addValue, Func<string, T, T> updateValueFactory, CancellationToken cancellationToken = default) =>
        ChangeAsync(stateName, addValue, updateValueFactory, null, keepsOld: false, cancellationToken);

    public Task<T> AddOrUpdateStateAsync<T>(
        string stateName, T addValue, Func<string, T, T> updateValueFactory, TimeSpan ttl, CancellationToken cancellationToken = default) =>
        ChangeAsync(stateName, addValue, updateValueFactory, ttl, keepsOld: false, cancellationToken);

    public Task ClearCacheAsync(CancellationToken cancellationToken = default)
    {
        Cache.Clear();
        return Task.CompletedTask;
    }

    public async Task SaveStateAsync(CancellationToken cancellationToken = default)
    {
        var cache = Cache;
        var changes = cache.Where(entry => entry.Value.Change != PendingChange.None).ToList();
        if (changes.Count == 0) return;
        await store.SaveAsync(changes, cancellationToken);

        // Only now: a failed save must not look like a done one.
        foreach (var (name, value) in changes)
        {
            if (value.Change == PendingChange.Remove) cache.Remove(name);
            else cache[name] = value with { Change = PendingChange.None };
        }
    }

    public Task UnloadStateAsync(string stateName, UnloadStateOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stateName);
        var isChanged = Cache.TryGetValue(stateName, out var cached) && cached.Change != PendingChange.None;
        if (isChanged && options?.AllowUnloadingWhenStateModified is not true)
            throw new InvalidOperationException($"The state '{stateName}' has a change that is not saved yet.");
        Cache.Remove(stateName);
        return Task.CompletedTask;
    }

    private async Task<bool> TryAddAsync<T>(string name, T value, TimeSpan? ttl, CancellationToken cancellationToken)
    {
        if (await ContainsStateAsync(name, cancellationToken)) return false;
        await Put(name, value, ttl);
        return true;
    }

    private async Task<T> ChangeAsync<T>(
        string name, T addValue, Func<string, T, T> change, TimeSpan? ttl, bool keepsOld, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        var found = await TryGetStateAsync<T>(name, cancellationToken);
        if (found.HasValue && keepsOld) return found.Value;
        var value = found.HasValue ? change(name, found.Value) : addValue;
        await Put(name, value, ttl);
        return value;
    }

    private Task Put<T>(string name, T value, TimeSpan? ttl)
    {
        ArgumentNullException.ThrowIfNull(name);
        Cache[name] = new CachedValue(value, typeof(T), PendingChange.Upsert, ttl is { } life ? store.Now + life : null);
        return Task.CompletedTask;
    }

    private static InvalidOperationException Exists(string name) => new($"A state named '{name}' already exists.");

    private static KeyNotFoundException Missing(string name) => new($"No state named '{name}' was found.");
}
