using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;

namespace Agents.Conversation.Hooks;

/// <summary>Sends one request; whatever comes of it is a result.</summary>
internal sealed class HttpHook(EgressClient egress, TimeProvider time)
{
    private const int MaxRead = 64 * 1024;

    public async Task<HttpSent> SendAsync(SendHttp request, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(request.Url, UriKind.Absolute, out var address) || EgressClient.Fault(address) is not null)
            return new HttpSent(0, EgressClient.NotAllowed);
        using var clock = new CancellationTokenSource(TimeSpan.FromSeconds(request.TimeoutSeconds), time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, clock.Token);
        using var message = new HttpRequestMessage(HttpMethod.Parse(request.Method), address);
        if (request.Body is not null)
            message.Content = new StringContent(request.Body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        foreach (var (name, value) in request.Headers)
            message.Headers.TryAddWithoutValidation(name, value);
        message.Headers.TryAddWithoutValidation("Idempotency-Key", request.Key);
        try
        {
            using var response = await egress.Http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            return (int)response.StatusCode is >= 300 and < 400
                ? new HttpSent((int)response.StatusCode, "The host redirects elsewhere, which is not followed.")
                : new HttpSent((int)response.StatusCode, await ReadAsync(response, limit.Token), RetryAfter(response));
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or SocketException)
        {
            // A result like any other: whoever asked decides what it means.
            return new HttpSent(0, EgressClient.IsRefusal(exception) ? EgressClient.NotAllowed : "The host does not answer.");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new HttpSent(0, $"The host did not answer within {request.TimeoutSeconds} seconds.");
        }
    }

    private static TimeSpan? RetryAfter(HttpResponseMessage response) =>
        response.Headers.RetryAfter is { } wait ? wait.Delta ?? (wait.Date - response.Headers.Date) : null;

    private static async Task<string> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[MaxRead];
        var length = await body.ReadAtLeastAsync(buffer, MaxRead, throwOnEndOfStream: false, cancellationToken);
        return Encoding.UTF8.GetString(buffer, 0, length);
    }
}
