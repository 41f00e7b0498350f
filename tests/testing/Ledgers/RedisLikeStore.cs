using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Agents.Testing.Ledgers;

/// <summary>
/// The state API as daprd speaks it over Redis: ETags that count from 1 for each key, 409 for a stale one, an ETag for a missing key
/// accepted, and 500 for a first-write on an existing key. What the services do not use is refused loudly.
/// </summary>
internal sealed class RedisLikeStore : HttpMessageHandler
{
    private const string Root = "/v1.0/state/";

    private readonly Dictionary<string, (string Json, int Version)> _values = new(StringComparer.Ordinal);

    public IReadOnlyCollection<string> Keys => _values.Keys;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri is { IsAbsoluteUri: true } uri ? uri.AbsolutePath : request.RequestUri!.OriginalString.Split('?')[0];
        var parts = path[Root.Length..].Split('/');
        var body = request.Content is { } content ? await content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false) : null;
        return (request.Method.Method, parts) switch
        {
            ("POST", [_]) => Save(body!),
            ("POST", [_, "bulk"]) => Bulk(body!),
            ("GET", [_, var key]) => Get(Uri.UnescapeDataString(key)),
            ("DELETE", [_, var key]) when !request.Headers.Contains("If-Match") => Delete(Uri.UnescapeDataString(key)),
            _ => throw new NotSupportedException($"{request.Method} {path}"),
        };
    }

    private HttpResponseMessage Save(byte[] body)
    {
        using var items = JsonDocument.Parse(body);
        var item = items.RootElement.EnumerateArray().Single();
        var key = item.GetProperty("key").GetString()!;
        var etag = item.TryGetProperty("etag", out var given) ? given.GetString() : null;
        var firstWrite = item.TryGetProperty("options", out var options) && options.TryGetProperty("concurrency", out var concurrency)
            && concurrency.GetString() == "first-write";
        var exists = _values.TryGetValue(key, out var current);
        if (exists && etag is not null && etag != current.Version.ToString(CultureInfo.InvariantCulture))
            return Refusal(HttpStatusCode.Conflict, "possible etag mismatch");
        if (exists && etag is null && firstWrite)
            return Refusal(HttpStatusCode.InternalServerError, "failed to set key");
        _values[key] = (item.GetProperty("value").GetRawText(), current.Version + 1);
        return new HttpResponseMessage(HttpStatusCode.NoContent);
    }

    private HttpResponseMessage Get(string key)
    {
        if (!_values.TryGetValue(key, out var found))
            return new HttpResponseMessage(HttpStatusCode.NoContent);
        var response = Answer(HttpStatusCode.OK, found.Json);
        response.Headers.TryAddWithoutValidation("ETag", found.Version.ToString(CultureInfo.InvariantCulture));
        return response;
    }

    private HttpResponseMessage Bulk(byte[] body)
    {
        using var asked = JsonDocument.Parse(body);
        var answers = asked.RootElement.GetProperty("keys").EnumerateArray().Select(key => key.GetString()!).Select(key =>
            _values.TryGetValue(key, out var found)
                ? $$"""{"key":{{JsonSerializer.Serialize(key)}},"data":{{found.Json}},"etag":"{{found.Version}}"}"""
                : $$"""{"key":{{JsonSerializer.Serialize(key)}}}""");
        return Answer(HttpStatusCode.OK, $"[{string.Join(',', answers)}]");
    }

    private HttpResponseMessage Delete(string key)
    {
        _values.Remove(key);
        return new HttpResponseMessage(HttpStatusCode.NoContent);
    }

    private static HttpResponseMessage Refusal(HttpStatusCode status, string message) =>
        Answer(status, $$"""{"errorCode":"ERR_STATE_SAVE","message":"failed saving state in state store statestore: {{message}}"}""");

    private static HttpResponseMessage Answer(HttpStatusCode status, string json) =>
        new(status) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
}
