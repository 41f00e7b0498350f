using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Agents.Local.Demo;

/// <summary>The public API, as any client sees it.</summary>
internal sealed class ApiClient : IDisposable
{
    private const int MaxTries = 20;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http;

    public ApiClient(Uri address, string apiKey)
    {
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", apiKey);
    }

    public Task<T> GetAsync<T>(string path, CancellationToken cancellationToken) =>
        ReadAsync<T>(() => new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);

    /// <param name="path">The route.</param>
    /// <param name="body">Sent as JSON.</param>
    /// <param name="idempotencyKey">Two calls with the same one have one effect.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<T> PostAsync<T>(string path, object body, string? idempotencyKey, CancellationToken cancellationToken) =>
        ReadAsync<T>(() => Post(path, body, idempotencyKey), cancellationToken);

    /// <summary>All items of a list, page after page.</summary>
    public async IAsyncEnumerable<T> ListAsync<T>(string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (string? after = null; ;)
        {
            var page = await GetAsync<Listing<T>>(
                $"{path}?limit=100{(after is null ? "" : "&after=" + Uri.EscapeDataString(after))}", cancellationToken);
            foreach (var item in page.Data)
                yield return item;
            if (!page.HasMore)
                yield break;
            after = page.LastId;
        }
    }

    /// <summary>Posts and yields the events of the answer as they arrive.</summary>
    public async IAsyncEnumerable<SseItem<TurnEvent>> StreamAsync(
        string path, object body, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var response = await SendAsync(() => Post(path, body, null), cancellationToken);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var events = SseParser.Create(stream, (_, data) => JsonSerializer.Deserialize<TurnEvent>(data, ApiJson.Options)!);
        await foreach (var item in events.EnumerateAsync(cancellationToken))
            yield return item;
    }

    public void Dispose() => _http.Dispose();

    private static HttpRequestMessage Post(string path, object body, string? idempotencyKey)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body, options: ApiJson.Options) };
        if (idempotencyKey is not null)
            request.Headers.Add("Idempotency-Key", idempotencyKey);
        return request;
    }

    private async Task<T> ReadAsync<T>(Func<HttpRequestMessage> create, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(create, cancellationToken);
        return await response.Content.ReadFromJsonAsync<T>(ApiJson.Options, cancellationToken)
            ?? throw new LocalHostException($"{response.RequestMessage!.RequestUri!.AbsolutePath} answered with null.");
    }

    /// <summary>Sends, and sends again when told to come back later.</summary>
    private async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> create, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            using var request = create();
            var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (response.IsSuccessStatusCode)
                return response;

            using (response)
            {
                var later = response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable;
                if (!later || tries == MaxTries || response.Headers.RetryAfter?.Delta is not { } wait)
                    throw await RefusedAsync(response, cancellationToken);
                await Task.Delay(wait < LongestWait ? wait : LongestWait, cancellationToken);
            }
        }
    }

    private static async Task<LocalHostException> RefusedAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var request = response.RequestMessage!;
        var said = await response.Content.ReadAsStringAsync(cancellationToken);
        return new LocalHostException(
            $"{request.Method} {request.RequestUri!.AbsolutePath} answered {(int)response.StatusCode}: {Reason(said)}");
    }

    /// <summary>The sentence for people in a problem document, or else the text as it came.</summary>
    private static string Reason(string body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("detail", out var detail)
                ? detail.ToString()
                : body;
        }
        catch (JsonException)
        {
            // Not every answer is JSON, least of all one that is broken.
            return body;
        }
    }
}
