namespace Dapr.Actors.Runtime;

/// <summary>The state of one actor: values by name, read once and kept, changed in memory and saved together at the end of the turn.</summary>
/// <remarks>A time to live counts from the change; the sidecar must have the feature <c>ActorStateTTL</c> switched on for it.</remarks>
public interface IActorStateManager
{
    /// <summary>Adds a value.</summary>
    /// <exception cref="InvalidOperationException">There is one of that name.</exception>
    Task AddStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default);

    /// <summary>Adds a value that expires.</summary>
    /// <exception cref="InvalidOperationException">There is one of that name.</exception>
    Task AddStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default);

    /// <summary>Reads a value.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    Task<T> GetStateAsync<T>(string stateName, CancellationToken cancellationToken = default);

    /// <summary>Adds or replaces a value; it no longer expires.</summary>
    Task SetStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default);

    /// <summary>Adds or replaces a value that expires.</summary>
    Task SetStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default);

    /// <summary>Removes a value.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    Task RemoveStateAsync(string stateName, CancellationToken cancellationToken = default);

    /// <summary>Adds a value; false when there is one of that name.</summary>
    Task<bool> TryAddStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default);

    /// <summary>Adds a value that expires; false when there is one of that name.</summary>
    Task<bool> TryAddStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default);

    /// <summary>Reads a value that may be missing.</summary>
    Task<ConditionalValue<T>> TryGetStateAsync<T>(string stateName, CancellationToken cancellationToken = default);

    /// <summary>Removes a value; false when there is none of that name.</summary>
    Task<bool> TryRemoveStateAsync(string stateName, CancellationToken cancellationToken = default);

    /// <summary>Whether there is a value of that name.</summary>
    Task<bool> ContainsStateAsync(string stateName, CancellationToken cancellationToken = default);

    /// <summary>Reads a value, after adding it when there was none.</summary>
    Task<T> GetOrAddStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default);

    /// <summary>Reads a value, after adding it with an expiry when there was none.</summary>
    Task<T> GetOrAddStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default);

    /// <summary>Adds a value, or replaces the one there is by what the function makes of it, and gives the result.</summary>
    Task<T> AddOrUpdateStateAsync<T>(string stateName, T addValue, Func<string, T, T> updateValueFactory, CancellationToken cancellationToken = default);

    /// <summary>The same with an expiry, whichever of the two happens.</summary>
    Task<T> AddOrUpdateStateAsync<T>(string stateName, T addValue, Func<string, T, T> updateValueFactory, TimeSpan ttl, CancellationToken cancellationToken = default);

    /// <summary>Forgets what was read and every change that is not saved.</summary>
    Task ClearCacheAsync(CancellationToken cancellationToken = default);

    /// <summary>Saves the changes now, in one transaction; the end of a turn does it by itself.</summary>
    Task SaveStateAsync(CancellationToken cancellationToken = default);

    /// <summary>Forgets what was read of one value.</summary>
    /// <exception cref="InvalidOperationException">The value has a change that is not saved, and the options do not allow to lose it.</exception>
    Task UnloadStateAsync(string stateName, UnloadStateOptions? options = null, CancellationToken cancellationToken = default);
}
