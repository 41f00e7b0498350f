namespace Dapr.Client;

public abstract partial class DaprClient
{
    /// <summary>Reads a value; a missing key gives the default of <typeparamref name="TValue"/>.</summary>
    public abstract Task<TValue> GetStateAsync<TValue>(
        string storeName, string key, ConsistencyMode? consistencyMode = default, IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default);

    /// <summary>Reads a value with its ETag; a missing key gives the default of <typeparamref name="TValue"/> and an empty ETag.</summary>
    public abstract Task<(TValue value, string etag)> GetStateAndETagAsync<TValue>(
        string storeName, string key, ConsistencyMode? consistencyMode = null, IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default);

    /// <summary>Reads a value as an entry that can be changed and saved again.</summary>
    public async Task<StateEntry<TValue>> GetStateEntryAsync<TValue>(
        string storeName, string key, ConsistencyMode? consistencyMode = null, IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        ArgumentException.ThrowIfNullOrEmpty(key);
        var (value, etag) = await GetStateAndETagAsync<TValue>(storeName, key, consistencyMode, metadata, cancellationToken);
        return new StateEntry<TValue>(this, storeName, key, value, etag);
    }

    /// <summary>
    /// Reads several keys at once, in any order, as JSON text. A key that is missing or could not be read has an empty value and an
    /// empty ETag: the two cannot be told apart.
    /// </summary>
    /// <exception cref="ArgumentException"><paramref name="keys"/> is empty.</exception>
    public abstract Task<IReadOnlyList<BulkStateItem>> GetBulkStateAsync(
        string storeName, IReadOnlyList<string> keys, int? parallelism, IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Reads several keys at once, in any order. A key that is missing or could not be read has the default value and an empty ETag: the
    /// two cannot be told apart.
    /// </summary>
    /// <exception cref="ArgumentException"><paramref name="keys"/> is empty.</exception>
    /// <exception cref="System.Text.Json.JsonException">A value is no JSON of <typeparamref name="TValue"/>.</exception>
    public abstract Task<IReadOnlyList<BulkStateItem<TValue>>> GetBulkStateAsync<TValue>(
        string storeName, IReadOnlyList<string> keys, int? parallelism, IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default);

    /// <summary>Writes several keys in one call; it is no transaction, and one stale ETag makes the call throw.</summary>
    /// <exception cref="ArgumentException"><paramref name="items"/> is empty.</exception>
    public abstract Task SaveBulkStateAsync<TValue>(
        string storeName, IReadOnlyList<SaveStateItem<TValue>> items, CancellationToken cancellationToken = default);

    /// <summary>
    /// Deletes several keys. The HTTP API deletes one key a call, so after a failure some keys may be gone and others not.
    /// </summary>
    public abstract Task DeleteBulkStateAsync(
        string storeName, IReadOnlyList<BulkDeleteStateItem> items, CancellationToken cancellationToken = default);

    /// <summary>Writes a value whatever is there, unless <paramref name="stateOptions"/> ask for first-write.</summary>
    public abstract Task SaveStateAsync<TValue>(
        string storeName, string key, TValue value, StateOptions? stateOptions = null,
        IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default);

    /// <summary>Writes a value if the key still has the given ETag.</summary>
    /// <returns>False if the ETag no longer matches; any other failure throws.</returns>
    public abstract Task<bool> TrySaveStateAsync<TValue>(
        string storeName, string key, TValue value, string etag, StateOptions? stateOptions = null,
        IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default);

    /// <summary>Deletes a key; deleting a missing key succeeds.</summary>
    public abstract Task DeleteStateAsync(
        string storeName, string key, StateOptions? stateOptions = null, IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default);

    /// <summary>Deletes a key if it still has the given ETag.</summary>
    /// <returns>False if the ETag no longer matches; any other failure throws.</returns>
    public abstract Task<bool> TryDeleteStateAsync(
        string storeName, string key, string etag, StateOptions? stateOptions = null,
        IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default);

    /// <summary>Runs the operations as the store's transaction; a stale ETag throws like any other failure.</summary>
    /// <exception cref="ArgumentException"><paramref name="operations"/> is empty, or a value in it is not JSON.</exception>
    public abstract Task ExecuteStateTransactionAsync(
        string storeName, IReadOnlyList<StateTransactionRequest> operations, IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default);
}
