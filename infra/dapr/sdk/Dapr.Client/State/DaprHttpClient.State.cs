using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Dapr.Client;

internal sealed partial class DaprHttpClient
{
    private const string StateOperation = "State";

    /// <summary>Deletes under way at once for one bulk delete.</summary>
    private const int ParallelDeletes = 8;

    public override async Task<TValue> GetStateAsync<TValue>(
        string storeName, string key, ConsistencyMode? consistencyMode = default, IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default)
    {
        var (value, _) = await GetStateAndETagAsync<TValue>(storeName, key, consistencyMode, metadata, cancellationToken);
        return value;
    }

    public override async Task<(TValue value, string etag)> GetStateAndETagAsync<TValue>(
        string storeName, string key, ConsistencyMode? consistencyMode = null, IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default)
    {
        var path = StatePath(storeName, key, new StateOptions { Consistency = consistencyMode }, metadata);
        using var response = await CallAsync(StateOperation, Request(HttpMethod.Get, path), cancellationToken);
        // Stores use ETags that are no quoted strings, which the typed header would refuse.
        var etag = response.Headers.NonValidated.TryGetValues("ETag", out var values) ? values.ToString() : "";
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        try
        {
            return (body.Length == 0 ? default! : JsonSerializer.Deserialize<TValue>(body, JsonSerializerOptions)!, etag);
        }
        catch (JsonException error)
        {
            throw new DaprException(
                "State operation failed: the state payload could not be deserialized. See InnerException for details.", error);
        }
    }

    public override async Task<IReadOnlyList<BulkStateItem>> GetBulkStateAsync(
        string storeName, IReadOnlyList<string> keys, int? parallelism, IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default)
    {
        var items = await GetBulkAsync(storeName, keys, parallelism, metadata, cancellationToken);
        return items.ConvertAll(item => new BulkStateItem(item.Key, item.HasData ? item.Data.GetRawText() : "", item.Etag ?? ""));
    }

    public override async Task<IReadOnlyList<BulkStateItem<TValue>>> GetBulkStateAsync<TValue>(
        string storeName, IReadOnlyList<string> keys, int? parallelism, IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default)
    {
        var items = await GetBulkAsync(storeName, keys, parallelism, metadata, cancellationToken);
        return items.ConvertAll(item => new BulkStateItem<TValue>(
            item.Key, item.HasData ? item.Data.Deserialize<TValue>(JsonSerializerOptions)! : default!, item.Etag ?? ""));
    }

    public override Task SaveStateAsync<TValue>(
        string storeName, string key, TValue value, StateOptions? stateOptions = null,
        IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        return SaveBulkStateAsync(storeName, [new SaveStateItem<TValue>(key, value, null!, stateOptions, metadata)], cancellationToken);
    }

    public override async Task<bool> TrySaveStateAsync<TValue>(
        string storeName, string key, TValue value, string etag, StateOptions? stateOptions = null,
        IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentNullException.ThrowIfNull(etag);
        var request = SaveRequest(storeName, [new SaveStateItem<TValue>(key, value, etag, stateOptions, metadata)]);
        return await TryAsync(request, cancellationToken);
    }

    public override async Task SaveBulkStateAsync<TValue>(
        string storeName, IReadOnlyList<SaveStateItem<TValue>> items, CancellationToken cancellationToken = default)
    {
        using var _ = await CallAsync(StateOperation, SaveRequest(storeName, items), cancellationToken);
    }

    public override async Task DeleteStateAsync(
        string storeName, string key, StateOptions? stateOptions = null, IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default)
    {
        var path = StatePath(storeName, key, stateOptions, metadata);
        using var _ = await CallAsync(StateOperation, Request(HttpMethod.Delete, path), cancellationToken);
    }

    public override Task<bool> TryDeleteStateAsync(
        string storeName, string key, string etag, StateOptions? stateOptions = null,
        IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(etag);
        var request = Request(HttpMethod.Delete, StatePath(storeName, key, stateOptions, metadata));
        request.Headers.TryAddWithoutValidation("If-Match", etag);
        return TryAsync(request, cancellationToken);
    }

    public override Task DeleteBulkStateAsync(
        string storeName, IReadOnlyList<BulkDeleteStateItem> items, CancellationToken cancellationToken = default)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = ParallelDeletes, CancellationToken = cancellationToken };
        return Parallel.ForEachAsync(items, options, async (item, token) =>
        {
            var request = Request(HttpMethod.Delete, StatePath(storeName, item.Key, item.StateOptions, item.Metadata));
            if (item.ETag is not null) request.Headers.TryAddWithoutValidation("If-Match", item.ETag);
            using var _ = await CallAsync(StateOperation, request, token);
        });
    }

    public override async Task ExecuteStateTransactionAsync(
        string storeName, IReadOnlyList<StateTransactionRequest> operations, IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        ThrowIfEmpty(operations);
        var body = SidecarJson.Write(JsonSerializerOptions, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("operations");
            foreach (var operation in operations) json.WriteOperation(operation);
            json.WriteEndArray();
            if (metadata is not null) json.WriteStrings("metadata", metadata);
            json.WriteEndObject();
        });
        var path = SidecarUrl.Path("v1.0", "state", storeName, "transaction");
        using var _ = await CallAsync(StateOperation, Request(HttpMethod.Post, path, Body(body)), cancellationToken);
    }

    private async Task<bool> TryAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(StateOperation, request, cancellationToken);
        if (response.StatusCode == HttpStatusCode.Conflict) return false;
        return response.IsSuccessStatusCode
            ? true
            : throw await SidecarError.FailedAsync(StateOperation, response, cancellationToken);
    }

    private HttpRequestMessage SaveRequest<TValue>(string storeName, IReadOnlyList<SaveStateItem<TValue>> items)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        ThrowIfEmpty(items);
        var body = SidecarJson.Write(JsonSerializerOptions, json =>
        {
            json.WriteStartArray();
            foreach (var item in items) json.WriteItem(item, JsonSerializerOptions);
            json.WriteEndArray();
        });
        return Request(HttpMethod.Post, SidecarUrl.Path("v1.0", "state", storeName), Body(body));
    }

    private async Task<List<BulkAnswer>> GetBulkAsync(
        string storeName, IReadOnlyList<string> keys, int? parallelism, IReadOnlyDictionary<string, string>? metadata,
        CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        ThrowIfEmpty(keys);
        var body = SidecarJson.Write(JsonSerializerOptions, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("keys");
            foreach (var key in keys) json.WriteStringValue(key);
            json.WriteEndArray();
            if (parallelism is { } atOnce) json.WriteNumber("parallelism", atOnce);
            if (metadata is not null) json.WriteStrings("metadata", metadata);
            json.WriteEndObject();
        });
        var request = Request(HttpMethod.Post, SidecarUrl.Path("v1.0", "state", storeName, "bulk"), Body(body));
        return await CallForAsync<List<BulkAnswer>>(StateOperation, request, cancellationToken) ?? [];
    }

    private static string StatePath(string storeName, string key, StateOptions? options, IReadOnlyDictionary<string, string>? metadata)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        ArgumentException.ThrowIfNullOrEmpty(key);
        return SidecarUrl.Path("v1.0", "state", storeName, key).WithQuery(StateJson.Named(options)).WithMetadata(metadata);
    }

    private static void ThrowIfEmpty<T>(IReadOnlyList<T> items, [CallerArgumentExpression(nameof(items))] string? name = null)
    {
        ArgumentNullException.ThrowIfNull(items, name);
        if (items.Count == 0) throw new ArgumentException($"{name} does not contain any elements", name);
    }

    private sealed record BulkAnswer(string Key, JsonElement Data, string? Etag)
    {
        public bool HasData => Data.ValueKind != JsonValueKind.Undefined;
    }
}
