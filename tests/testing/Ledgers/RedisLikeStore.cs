using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Dapr.Client;

namespace Agents.Testing.Ledgers;

/// <summary>
/// The state API as daprd speaks it over Redis: ETags that count from 1 for each key, 409 for a stale one, an ETag for a missing key
/// accepted, and 500 for a first-write on an existing key. What the services do not use is refused loudly.
/// </summary>
public sealed class RedisLikeStore(TimeProvider? time = null) : HttpMessageHandler
{
    private const string Root = "/v1.0/state/";

    private readonly Lock _oneRequest = new();
    private readonly Dictionary<string, Stored> _values = new(StringComparer.Ordinal);

    /// <summary>What is stored now, without what has expired.</summary>
    public IReadOnlyCollection<string> Keys
    {
        get
        {
            lock (_oneRequest)
                return [.. _values.Keys.Where(key => Find(key) is not null)];
        }
    }

    /// <summary>A new store for requests that name only a path.</summary>
    public static HttpMessageInvoker New() => new(new RedisLikeStore());

    /// <summary>A client of this store, as a service has one.</summary>
    public DaprClient Client() => ClientOf(this);

    /// <summary>A client of a store, or of what stands before one.</summary>
    public static DaprClient ClientOf(HttpMessageHandler store) =>
        new DaprHttpClient(new HttpClient(store, disposeHandler: false), new Uri("http://127.0.0.1"), Agents.Defaults.Api.Json.Options, null);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri is { IsAbsoluteUri: true } uri ? uri.AbsolutePath : request.RequestUri!.OriginalString.Split('?')[0];
        var parts = path[Root.Length..].Split('/');
        var body = request.Content is { } content ? await content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false) : null;
        lock (_oneRequest)
        {
            return (request.Method.Method, parts) switch
            {
                ("POST", [_]) => Save(body!),
                ("POST", [_, "bulk"]) => Bulk(body!),
                ("GET", [_, var key]) => Get(Uri.UnescapeDataString(key)),
                ("DELETE", [_, var key]) => Delete(Uri.UnescapeDataString(key), request.Headers.TryGetValues("If-Match", out var etags) ? etags.Single() : null),
                _ => throw new NotSupportedException($"{request.Method} {path}"),
            };
        }
    }

    private HttpResponseMessage Save(byte[] body)
    {
        using var items = JsonDocument.Parse(body);
        var item = items.RootElement.EnumerateArray().Single();
        var key = item.GetProperty("key").GetString()!;
        var etag = item.TryGetProperty("etag", out var given) ? given.GetString() : null;
        var firstWrite = item.TryGetProperty("options", out var options) && options.TryGetProperty("concurrency", out var concurrency)
            && concurrency.GetString() == "first-write";
        var current = Find(key);
        if (current is not null && etag is not null && etag != current.ETag)
            return Refusal(HttpStatusCode.Conflict, "possible etag mismatch");
        if (current is not null && etag is null && firstWrite)
            return Refusal(HttpStatusCode.InternalServerError, "failed to set key");
        var expires = item.TryGetProperty("metadata", out var metadata) && metadata.TryGetProperty("ttlInSeconds", out var ttl)
            ? Now.AddSeconds(int.Parse(ttl.GetString()!, CultureInfo.InvariantCulture))
            : DateTimeOffset.MaxValue;
        _values[key] = new Stored(item.GetProperty("value").GetRawText(), (current?.Version ?? 0) + 1, expires);
        return new HttpResponseMessage(HttpStatusCode.NoContent);
    }

    private HttpResponseMessage Get(string key)
    {
        if (Find(key) is not { } found)
            return new HttpResponseMessage(HttpStatusCode.NoContent);
        var response = Answer(HttpStatusCode.OK, found.Json);
        response.Headers.TryAddWithoutValidation("ETag", found.ETag);
        return response;
    }

    private HttpResponseMessage Bulk(byte[] body)
    {
        using var asked = JsonDocument.Parse(body);
        var answers = asked.RootElement.GetProperty("keys").EnumerateArray().Select(key => key.GetString()!).Select(key =>
            Find(key) is { } found
                ? $$"""{"key":{{JsonSerializer.Serialize(key)}},"data":{{found.Json}},"etag":"{{found.ETag}}"}"""
                : $$"""{"key":{{JsonSerializer.Serialize(key)}}}""");
        return Answer(HttpStatusCode.OK, $"[{string.Join(',', answers)}]");
    }

    private HttpResponseMessage Delete(string key, string? etag)
    {
        if (etag is not null && Find(key)?.ETag != etag)
            return Refusal(HttpStatusCode.Conflict, "possible etag mismatch");
        _values.Remove(key);
        return new HttpResponseMessage(HttpStatusCode.NoContent);
    }

    private DateTimeOffset Now => time?.GetUtcNow() ?? DateTimeOffset.UnixEpoch;

    private Stored? Find(string key) => _values.TryGetValue(key, out var found) && found.Expires > Now ? found : null;

    private static HttpResponseMessage Refusal(HttpStatusCode status, string message) =>
        Answer(status, $$"""{"errorCode":"ERR_STATE_SAVE","message":"failed saving state in state store statestore: {{message}}"}""");

    private static HttpResponseMessage Answer(HttpStatusCode status, string json) =>
        new(status) { Content = new StringContent(json, Encoding.UTF8, "application/json") };

    private sealed record Stored(string Json, int Version, DateTimeOffset Expires)
    {
        public string ETag => Version.ToString(CultureInfo.InvariantCulture);
    }
}
