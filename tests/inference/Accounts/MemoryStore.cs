using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Agents.Defaults.Api;
using Dapr.Client;

namespace Agents.Inference.Tests.Accounts;

/// <summary>A way in which something under the accounts can be wrong.</summary>
internal enum Flaw
{
    None,
    IgnoresETags,
    LosesEvents,
    NobodyIsBuried,
}

/// <summary>
/// State and publishing as the sidecar speaks them, in memory: ETags, 409 for a stale one, 500 for a first-write on an existing key, and
/// an ETag for a missing key accepted, as Redis does. What the accounts do not use is refused loudly.
/// </summary>
internal sealed class MemoryStore
{
    private const string State = "/v1.0/state/statestore";

    private readonly Dictionary<string, (string Json, int Version)> _values = new(StringComparer.Ordinal);

    /// <summary>What the store does wrong, to see whether anybody notices.</summary>
    public Flaw Flaw { get; init; }

    /// <summary>Data of the events that reached the broker, by id.</summary>
    public Dictionary<string, string> Published { get; } = new(StringComparer.Ordinal);

    /// <summary>A client of the store.</summary>
    /// <param name="way">What lies between: it may delay, lose or repeat what it is given.</param>
    public DaprClient Client(Func<Func<HttpResponseMessage>, Task<HttpResponseMessage>>? way = null)
    {

        var http = new HttpClient(new Handler(this, way ?? (send => Task.FromResult(send())))) { Timeout = Timeout.InfiniteTimeSpan };
        return new DaprHttpClient(http, new Uri("http://127.0.0.1"), Json.Options, null);
    }

    private HttpResponseMessage Answer(HttpMethod method, string path, byte[]? body)
    {
        if (method == HttpMethod.Post && path == State)
            return Save(body!);
        if (method == HttpMethod.Post && path.StartsWith("/v1.0-alpha1/publish/bulk/pubsub/", StringComparison.Ordinal))
            return Publish(body!);
        var key = path.StartsWith(State + "/", StringComparison.Ordinal) ? Uri.UnescapeDataString(path[(State.Length + 1)..]) : throw new NotSupportedException($"{method} {path}");
        if (method == HttpMethod.Delete)
        {
            _values.Remove(key);
            return new HttpResponseMessage(HttpStatusCode.NoContent);
        }
        if (!_values.TryGetValue(key, out var found))
            return new HttpResponseMessage(HttpStatusCode.NoContent);
        var response = Json(HttpStatusCode.OK, found.Json);
        response.Headers.TryAddWithoutValidation("ETag", found.Version.ToString(CultureInfo.InvariantCulture));
        return response;

        static HttpResponseMessage Json(HttpStatusCode status, string json) =>
            new(status) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
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
        if (Flaw == Flaw.IgnoresETags)
            (etag, firstWrite) = (null, false);
        if (exists && etag is not null && etag != current.Version.ToString(CultureInfo.InvariantCulture))
            return Refusal(HttpStatusCode.Conflict, "possible etag mismatch");
        if (exists && etag is null && firstWrite)
            return Refusal(HttpStatusCode.InternalServerError, "failed to set key");
        _values[key] = (item.GetProperty("value").GetRawText(), current.Version + 1);
        return new HttpResponseMessage(HttpStatusCode.NoContent);

        static HttpResponseMessage Refusal(HttpStatusCode status, string message) => new(status)
        {
            Content = new StringContent($$"""{"errorCode":"ERR_STATE_SAVE","message":"failed saving state in state store statestore: {{message}}"}""", Encoding.UTF8, "application/json"),
        };
    }

    private HttpResponseMessage Publish(byte[] body)
    {
        using var entries = JsonDocument.Parse(body);
        foreach (var entry in entries.RootElement.EnumerateArray())
        {
            var message = entry.GetProperty("event");
            if (Flaw == Flaw.LosesEvents && Published.Count % 10 == 9)
                return new HttpResponseMessage(HttpStatusCode.NoContent);
            Published[message.GetProperty("id").GetString()!] = message.GetProperty("data").GetRawText();
        }
        return new HttpResponseMessage(HttpStatusCode.NoContent);
    }

    private sealed class Handler(MemoryStore store, Func<Func<HttpResponseMessage>, Task<HttpResponseMessage>> way) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var (method, path) = (request.Method, request.RequestUri!.AbsolutePath);
            var body = request.Content is null ? null : await request.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            return await way(() => store.Answer(method, path, body)).ConfigureAwait(false);
        }
    }
}
