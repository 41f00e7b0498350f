using System.Net;
using System.Net.Http.Headers;
using Agents.Inference.Completions;
using Agents.Inference.Deployments;
using Agents.Inference.Resilience;
using Agents.Inference.Routing;

namespace Agents.Inference.Providers.OpenAi;

/// <summary>Endpoints that speak OpenAI's protocol. The caller's document goes there as it is, see <see cref="UpstreamRequest"/>.</summary>
internal sealed class OpenAiProvider(OpenAiConnections connections, IAuthentication authentication, TimeProvider time) : IModelProvider
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    public async Task<IAnswer> BeginAsync(ChatRequest request, Deployment deployment, Upstream upstream, int? maxTokens, Deadline deadline)
    {
        // A whole answer comes in one piece when it is finished: for it only the limit on the call counts.
        if (request.Stream)
            deadline.Expect(deployment.FirstTokenTimeout);
        HttpResponseMessage? response = null;
        UpstreamAnswer? answer = null;
        try
        {
            using var message = new HttpRequestMessage(HttpMethod.Post, upstream.Completions);
            message.Content = new ReadOnlyMemoryContent(UpstreamRequest.Compose(request, deployment.Definition.Model ?? deployment.Id, maxTokens));
            message.Content.Headers.ContentType = Json;
            message.Headers.Authorization = await authentication.GetAsync(deadline.Token);
            response = await connections.For(deployment.ConnectTimeout).SendAsync(message, deadline.Token);
            if (response.StatusCode != HttpStatusCode.OK)
                throw await RefusedAsync(response, deadline.Token);
            if (RateLimitHeaders.Exhausted(response.Headers) is { } wait)
                upstream.RateLimited(wait);
            answer = new UpstreamAnswer(response, request, deployment, deadline);
            await answer.BeginAsync();
            return answer;
        }
        catch (Exception exception)
        {
            if (answer is not null)
                await answer.DisposeAsync();
            response?.Dispose();
            if (UpstreamErrors.From(exception, deadline) is { } failure)
                throw failure;
            throw;
        }
        finally
        {
            deadline.Rest();
        }
    }

    private async Task<ProviderException> RefusedAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
            authentication.Refused();
        return await UpstreamErrors.FromAsync(response, time, cancellationToken);
    }
}
