using Agents.Inference.Completions;
using Agents.Inference.Deployments;
using Agents.Inference.Resilience;
using Agents.Inference.Routing;

namespace Agents.Inference.Providers.OpenAi;

/// <summary>Chats of endpoints that speak OpenAI's protocol. The caller's document goes there as it is, see <see cref="UpstreamRequest"/>.</summary>
internal sealed class OpenAiProvider(OpenAiConnection connection) : IModelProvider
{
    public async Task<IAnswer> BeginAsync(ChatRequest request, Deployment deployment, Upstream upstream, int? maxTokens, Deadline deadline)
    {
        // A whole answer comes in one piece when it is finished: for it only the limit on the call counts.
        if (request.Stream)
            deadline.Expect(deployment.FirstTokenTimeout);
        HttpResponseMessage? response = null;
        UpstreamAnswer? answer = null;
        try
        {
            var document = UpstreamRequest.Chat(request, deployment.UpstreamModel, maxTokens);
            response = await connection.SendAsync(upstream.Completions, document, deployment, upstream, deadline);
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
}
