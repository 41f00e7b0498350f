using Agents.Defaults.Api;
using Agents.Defaults.Identity;
using Dapr.Client;

namespace Agents.Conversation.Hooks;

/// <summary>Asks the hooks role: <c>Hooks:AppId</c>, or this very app when that is not set.</summary>
internal sealed class HookClient(IConfiguration configuration) : IDisposable
{
    private readonly HttpClient _hooks = New(configuration["Hooks:AppId"] is { Length: > 0 } app ? app : "conversation");

    /// <exception cref="HttpRequestException">The role itself does not answer; whether the request went out is not known.</exception>
    public Task<HttpSent> SendAsync(string tenant, string? turn, SendHttp request, CancellationToken cancellationToken) =>
        AskAsync<SendHttp, HttpSent>(HookEndpoints.HttpRoute, tenant, turn, request, cancellationToken);

    /// <inheritdoc cref="SendAsync"/>
    public Task<McpListed> ListAsync(string tenant, ListMcp request, CancellationToken cancellationToken) =>
        AskAsync<ListMcp, McpListed>(HookEndpoints.McpListRoute, tenant, null, request, cancellationToken);

    /// <inheritdoc cref="SendAsync"/>
    public Task<McpCalled> CallAsync(string tenant, string? turn, CallMcp request, CancellationToken cancellationToken) =>
        AskAsync<CallMcp, McpCalled>(HookEndpoints.McpCallRoute, tenant, turn, request, cancellationToken);

    public void Dispose() => _hooks.Dispose();

    private async Task<TAnswer> AskAsync<TRequest, TAnswer>(
        string route, string tenant, string? turn, TRequest request, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, route).For(tenant, turn);
        message.Content = JsonContent.Create(request, options: Json.Options);
        using var response = await _hooks.SendAsync(message, cancellationToken);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<TAnswer>(Json.Options, cancellationToken))!;
    }

    private static HttpClient New(string app)
    {
        var client = DaprClient.CreateInvokeHttpClient(app, daprApiToken: Environment.GetEnvironmentVariable("DAPR_API_TOKEN"));
        // Each tool has a limit of its own.
        client.Timeout = Timeout.InfiniteTimeSpan;
        return client;
    }
}
