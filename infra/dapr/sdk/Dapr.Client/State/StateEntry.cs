using Dapr.Client;

namespace Dapr;

/// <summary>A value read from a store, together with what is needed to write it back.</summary>
/// <typeparam name="TValue">The type of the value.</typeparam>
/// <param name="client">The client that reads and writes it.</param>
/// <param name="storeName">The component it was read from.</param>
/// <param name="key">Its key.</param>
/// <param name="value">The value as read.</param>
/// <param name="etag">The ETag as read; empty for a missing key.</param>
public sealed class StateEntry<TValue>(DaprClient client, string storeName, string key, TValue value, string etag)
{
    /// <summary>The component it was read from.</summary>
    public string StoreName { get; } = storeName ?? throw new ArgumentNullException(nameof(storeName));

    /// <summary>Its key.</summary>
    public string Key { get; } = key ?? throw new ArgumentNullException(nameof(key));

    /// <summary>The value; a change is local until it is saved.</summary>
    public TValue Value { get; set; } = value;

    /// <summary>The ETag as it was read; saving does not renew it.</summary>
    public string ETag { get; } = etag;

    /// <summary>Deletes the key whatever its ETag is now.</summary>
    public Task DeleteAsync(
        StateOptions? stateOptions = null, IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default) =>
        client.DeleteStateAsync(StoreName, Key, stateOptions, metadata, cancellationToken);

    /// <summary>Writes <see cref="Value"/> whatever the ETag is now.</summary>
    public Task SaveAsync(
        StateOptions? stateOptions = null, IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default) =>
        client.SaveStateAsync(StoreName, Key, Value, stateOptions, metadata, cancellationToken);

    /// <summary>Writes <see cref="Value"/> if the ETag has not changed since the read; false if it has.</summary>
    public Task<bool> TrySaveAsync(
        StateOptions? stateOptions = null, IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default) =>
        client.TrySaveStateAsync(StoreName, Key, Value, ETag, stateOptions, metadata, cancellationToken);

    /// <summary>Deletes the key if the ETag has not changed since the read; false if it has.</summary>
    public Task<bool> TryDeleteAsync(
        StateOptions? stateOptions = null, IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default) =>
        client.TryDeleteStateAsync(StoreName, Key, ETag, stateOptions, metadata, cancellationToken);
}
