using System.Net;
using System.Net.Http.Headers;
using Agents.Inference.Deployments;
using Agents.Inference.Resilience;
using Agents.Inference.Routing;

namespace Agents.Inference.Providers.OpenAi;

/// <summary>The way to a deployment's endpoints that speak OpenAI's protocol: connections and credential.</summary>
internal sealed class OpenAiConnection(OpenAiConnections connections, IAuthentication authentication, TimeProvider time)
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    /// <summary>Sends a document; the answer's body is not read yet.</summary>
    /// <exception cref="ProviderException">The endpoint refused.</exception>
    public async Task<HttpResponseMessage> SendAsync(
        Uri address, ReadOnlyMemory<byte> document, Deployment deployment, Upstream upstream, Deadline deadline)
    {
        var credential = await authentication.GetAsync(deadline.Token);
        var response = await SendAsync(address, document, credential, deployment, deadline);
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            // Perhaps it was rotated since we read it.
            authentication.Refused();
            var fresh = await authentication.GetAsync(deadline.Token);
            if (!Equals(fresh, credential))
            {
                response.Dispose();
                response = await SendAsync(address, document, fresh, deployment, deadline);
            }
        }
        if (response.StatusCode == HttpStatusCode.OK)
        {
            if (RateLimitHeaders.Exhausted(response.Headers) is { } wait)
                upstream.RateLimited(wait);
            return response;
        }
        using (response)
            throw await UpstreamErrors.FromAsync(response, time, deadline.Token);
    }

    private async Task<HttpResponseMessage> SendAsync(
        Uri address, ReadOnlyMemory<byte> document, AuthenticationHeaderValue? credential, Deployment deployment, Deadline deadline)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, address);
        message.Content = new ReadOnlyMemoryContent(document);
        message.Content.Headers.ContentType = Json;
        message.Headers.Authorization = credential;
        return await connections.For(deployment.ConnectTimeout).SendAsync(message, deadline.Token);
    }
}
