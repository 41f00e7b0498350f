using Agents.Local;

namespace Agents.Testing;

/// <summary>Faults of components, for a host whose runtime was started with <c>--enable-fault-injection</c>.</summary>
public sealed class ComponentFaults(LocalHost host)
{
    /// <param name="component">Such as <c>statestore</c>.</param>
    /// <param name="fault">Such as <c>{ mode = "slow", delayMs = 300 }</c>, <c>{ mode = "error", ratio = 0.1 }</c> or <c>{ mode = "down" }</c>.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public Task SetAsync(string component, object fault, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Put, component, JsonContent.Create(fault), cancellationToken);

    public Task ClearAsync(string component, CancellationToken cancellationToken) => SendAsync(HttpMethod.Delete, component, null, cancellationToken);

    private async Task SendAsync(HttpMethod method, string component, HttpContent? content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, $"http://127.0.0.1:{host.Services[0].DaprHttpPort}/v1.0-local/faults/{component}") { Content = content };
        request.Headers.Add("dapr-api-token", host.DaprApiToken);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var response = await http.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
    }
}
