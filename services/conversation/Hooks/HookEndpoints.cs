using System.Net.Http.Headers;
using System.Text;
using Agents.Defaults.Api;
using Agents.Defaults.Identity;
using Dapr.Client;

namespace Agents.Conversation.Hooks;

/// <summary>
/// The role that talks to the outside: an app of its own in a cluster (<c>Hooks:AppId</c>, with its own egress policy), the same process
/// on a laptop.
/// </summary>
internal static class HookEndpoints
{
    private const int MaxRead = 64 * 1024;

    public static void AddHooks(this IServiceCollection services) => services.AddSingleton<EgressClient>().AddSingleton<HookClient>();

    public static void MapHooks(this IEndpointRouteBuilder routes) => routes.MapPost("/internal/hooks/http", Send).RequireInternal();

    private static async Task<HttpSent> Send(SendHttp request, EgressClient egress, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(request.Url, UriKind.Absolute, out var address) || EgressClient.Fault(address) is not null)
            return new HttpSent(0, "The address is not one that may be called.");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(request.TimeoutSeconds));
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
                : new HttpSent((int)response.StatusCode, await ReadAsync(response, limit.Token));
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or EgressRefusedException)
        {
            // A result like any other: whoever asked decides what it means.
            return new HttpSent(0, (exception as EgressRefusedException ?? exception.InnerException as EgressRefusedException)?.Message ?? "The host does not answer.");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new HttpSent(0, $"The host did not answer within {request.TimeoutSeconds} seconds.");
        }
    }

    private static async Task<string> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[MaxRead];
        var length = await body.ReadAtLeastAsync(buffer, MaxRead, throwOnEndOfStream: false, cancellationToken);
        return Encoding.UTF8.GetString(buffer, 0, length);
    }
}

/// <summary>Asks the hooks role.</summary>
internal sealed class HookClient(IConfiguration configuration) : IDisposable
{
    private readonly HttpClient _hooks = New(configuration["Hooks:AppId"] is { Length: > 0 } app ? app : "conversation");

    /// <exception cref="HttpRequestException">The role itself does not answer; whether the request went out is not known.</exception>
    public async Task<HttpSent> SendAsync(string tenant, string? turn, SendHttp request, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, "/internal/hooks/http").For(tenant, turn);
        message.Content = JsonContent.Create(request, options: Json.Options);
        using var response = await _hooks.SendAsync(message, cancellationToken);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<HttpSent>(Json.Options, cancellationToken))!;
    }

    public void Dispose() => _hooks.Dispose();

    private static HttpClient New(string app)
    {
        var client = DaprClient.CreateInvokeHttpClient(app, daprApiToken: Environment.GetEnvironmentVariable("DAPR_API_TOKEN"));
        // Each tool has a limit of its own.
        client.Timeout = Timeout.InfiniteTimeSpan;
        return client;
    }
}
