using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Agents.LocalRuntime.Http;
using Agents.LocalRuntime.Json;

namespace Agents.LocalRuntime.State;

/// <summary>The state API: <c>/v1.0/state/{store}</c>.</summary>
internal static class StateEndpoints
{
    private const string TimeToLive = "ttlInSeconds";

    /// <summary>Answers the request, or says that no state route fits it.</summary>
    public static bool TryHandle(ApiRequest request, string version, out Task done)
    {
        var path = request.Path;
        var stable = version == "v1.0";
        done = (path.Count, stable) switch
        {
            (3, true) when request.IsWrite => SaveAsync(request),
            (4, true) when request.IsGet => GetAsync(request),
            (4, true) when request.IsDelete => DeleteAsync(request),
            (4, true) when request.IsWrite && path.Raw(3) == "bulk" => BulkGetAsync(request),
            (4, true) when request.IsWrite && path.Raw(3) == "transaction" => TransactAsync(request),
            (4, false) when request.IsWrite && version == "v1.0-alpha1" && path.Raw(3) == "query" => QueryAsync(request),
            _ => null!,
        };
        return done is not null;
    }

    private static async Task GetAsync(ApiRequest request)
    {
        var store = Store(request);
        var key = LegalKey(request.Path.Text(3), store, withField: true);
        StateEntry? entry;
        try
        {
            entry = await store.GetAsync(key, request.Aborted);
        }
        catch (Exception error) when (IsFailure(error, request))
        {
            throw new ApiException(500, "ERR_STATE_GET", $"fail to get {key} from state store {store.Name}: {error.Message}");
        }

        if (entry is null)
        {
            request.NoContent();
            return;
        }

        var headers = request.Http.Response.Headers;
        headers.ETag = entry.ETag;
        if (entry.ExpiresAt is { } at)
        {
            headers["Metadata.ttlexpiretime"] = DateTimeOffset.FromUnixTimeMilliseconds(at).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        }

        await request.JsonAsync(entry.Value);
    }

    private static async Task SaveAsync(ApiRequest request)
    {
        var store = Store(request);
        var items = await ReadAsync(request, StateBody.ReadItems, "");
        foreach (var item in items)
        {
            if (item.Key.Length == 0) throw Malformed("\"key\" is a required field");
            LegalKey(item.Key, store, withField: true);
        }

        var metadata = request.QueryMetadata();
        try
        {
            var changes = items.Select(item => Change(item, store, metadata)).ToList();
            if (changes.Count == 1) await store.WriteAsync(changes[0], request.Aborted);
            else await SaveManyAsync(store, changes, request.Aborted);
        }
        catch (Exception error) when (IsFailure(error, request))
        {
            throw new ApiException(
                error is ETagMismatchException ? 409 : 500, "ERR_STATE_SAVE", $"failed saving state in state store {store.Name}: {error.Message}");
        }

        request.NoContent();
    }

    /// <summary>Each item stands for itself: the good ones are saved whatever becomes of the others.</summary>
    private static async Task SaveManyAsync(StateComponent store, List<StateChange> changes, CancellationToken cancel)
    {
        var writes = changes.Select(change => store.WriteAsync(change, cancel)).ToList();
        var errors = new List<Exception>();
        foreach (var write in writes)
        {
            try
            {
                await write;
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                // Gathered: the answer names all of them after every item had its turn.
                errors.Add(error);
            }
        }

        if (errors.Count == 0) return;
        var text = string.Join("\n", errors.Select(error => error.Message));
        throw errors.All(error => error is ETagMismatchException) ? new ETagMismatchException(text) : new InvalidOperationException(text);
    }

    private static async Task DeleteAsync(ApiRequest request)
    {
        var store = Store(request);
        var key = LegalKey(request.Path.Text(3), store, withField: true);
        string? etag = request.Http.Request.Headers.IfMatch;
        try
        {
            await store.WriteAsync(new(store.FullKey(key), null, string.IsNullOrEmpty(etag) ? null : etag, false, null), request.Aborted);
        }
        catch (Exception error) when (IsFailure(error, request))
        {
            throw new ApiException(
                error is ETagMismatchException ? 409 : 500, "ERR_STATE_DELETE", $"failed deleting state with key {key}: {error.Message}");
        }

        request.NoContent();
    }

    private static async Task BulkGetAsync(ApiRequest request)
    {
        var store = Store(request);
        var keys = await ReadAsync(request, StateBody.ReadKeys, "failed deserializing HTTP body: ");
        foreach (var key in keys) LegalKey(key, store, withField: true);
        StateEntry?[] entries;
        try
        {
            entries = await store.GetManyAsync(keys, request.Aborted);
        }
        catch (Exception error) when (IsFailure(error, request))
        {
            throw new ApiException(500, "ERR_STATE_BULK_GET", $"fail to get {string.Join(",", keys)} from state store {store.Name}: {error.Message}");
        }

        var output = new ArrayBufferWriter<byte>();
        output.Write("["u8);
        for (var i = 0; i < entries.Length; i++)
        {
            output.Write(i == 0 ? "{\"key\":"u8 : ",{\"key\":"u8);
            GoString.Write(keys[i], output);
            if (entries[i] is { } entry)
            {
                output.Write(",\"data\":"u8);
                output.Write(entry.Value);
                output.Write(",\"etag\":"u8);
                GoString.Write(entry.ETag, output);
                if (entry.ExpiresAt is { } at)
                {
                    output.Write(",\"metadata\":{\"ttlExpireTime\":"u8);
                    GoString.Write(DateTimeOffset.FromUnixTimeMilliseconds(at).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture), output);
                    output.Write("}"u8);
                }
            }

            output.Write("}"u8);
        }

        output.Write("]\n"u8);
        await request.JsonAsync(output.WrittenMemory);
    }

    private static async Task TransactAsync(ApiRequest request)
    {
        var store = Store(request);
        var operations = await ReadAsync(request, StateBody.ReadOperations, "failed deserializing HTTP body: ");
        foreach (var operation in operations)
        {
            if (operation.Operation is not ("upsert" or "delete"))
            {
                throw new ApiException(400, "ERR_NOT_SUPPORTED_STATE_OPERATION", $"operation type {operation.Operation} not supported");
            }

            LegalKey(operation.Key, store, withField: false);
        }

        var metadata = request.QueryMetadata();
        try
        {
            var changes = operations.Select(operation => Change(operation, store, metadata)).ToList();
            if (changes.Count > 0) await store.TransactAsync(changes, request.Aborted);
        }
        catch (Exception error) when (IsFailure(error, request))
        {
            throw new ApiException(500, "ERR_STATE_TRANSACTION", $"error while executing state transaction: {error.Message}");
        }

        request.NoContent();
    }

    private static Task QueryAsync(ApiRequest request) => throw new ApiException(
        500, "ERR_STATE_STORE_NOT_SUPPORTED", "state store does not support querying",
        ErrorDetail.Resource("state", Store(request).Name), ErrorDetail.InfoWithoutMetadata("DAPR_STATE_QUERYING_NOT_SUPPORTED"));

    private static StateComponent Store(ApiRequest request)
    {
        var name = request.Path.Text(2);
        var stores = request.Sidecar.Components.States;
        if (stores.TryGetValue(name, out var store)) return store;
        var appId = request.Sidecar.Spec.AppId;
        throw stores.Count == 0
            ? new ApiException(
                500, "ERR_STATE_STORE_NOT_CONFIGURED", $"state store {name} is not configured", ErrorDetail.Info("DAPR_STATE_NOT_CONFIGURED", ("appID", appId)))
            : new ApiException(400, "ERR_STATE_STORE_NOT_FOUND", $"state store {name} is not found", ErrorDetail.Info("DAPR_STATE_NOT_FOUND", ("appID", appId)));
    }

    private static async ValueTask<T> ReadAsync<T>(ApiRequest request, Reader<T> read, string errorPrefix)
    {
        try
        {
            return read(await request.ReadBodyAsync());
        }
        catch (JsonException error)
        {
            throw Malformed(errorPrefix + JsonProblem.Describe(error));
        }
        catch (BodyTooLargeException error)
        {
            throw Malformed(error.Message);
        }
    }

    private static StateChange Change(StateItem item, StateComponent store, Dictionary<string, string>? queryMetadata)
    {
        if (item.Concurrency is not ("" or "first-write" or "last-write"))
            throw new ArgumentException($"unrecognized concurrency model '{item.Concurrency}'");
        if (item.Consistency is not ("" or "eventual" or "strong"))
            throw new ArgumentException($"unrecognized consistency model '{item.Consistency}'");
        var ttl = queryMetadata?.GetValueOrDefault(TimeToLive) ?? item.Metadata?.GetValueOrDefault(TimeToLive);
        return new(
            store.FullKey(item.Key),
            item.Operation == "delete" ? null : item.Value,
            string.IsNullOrEmpty(item.ETag) ? null : item.ETag,
            item.Concurrency == "first-write",
            ParseTimeToLive(ttl));
    }

    private static TimeSpan? ParseTimeToLive(string? text)
    {
        if (string.IsNullOrEmpty(text)) return null;
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds))
        {
            throw new ArgumentException($"error parsing TTL: incorrect value for metadata '{TimeToLive}': strconv.ParseInt: parsing \"{text}\": invalid syntax");
        }

        return seconds > 0 ? TimeSpan.FromSeconds(seconds) : null;
    }

    private static string LegalKey(string key, StateComponent store, bool withField)
    {
        if (StateComponent.IsLegalKey(key)) return key;
        var message = $"api error: code = InvalidArgument desc = input key/keyPrefix '{key}' can't contain '||'";
        throw new ApiException(
            400, "ERR_MALFORMED_REQUEST", message,
            ErrorDetail.BadRequest(withField ? key : null, message),
            ErrorDetail.Resource("state", store.Name),
            ErrorDetail.InfoWithoutMetadata("DAPR_STATE_ILLEGAL_KEY"));
    }

    private static ApiException Malformed(string message) => new(400, "ERR_MALFORMED_REQUEST", message);

    /// <summary>True for what the store said; a caller that has gone away gets no answer.</summary>
    private static bool IsFailure(Exception error, ApiRequest request) =>
        error is not ApiException && !request.Aborted.IsCancellationRequested;

    private delegate T Reader<T>(ReadOnlySpan<byte> body);
}
