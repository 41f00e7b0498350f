using Agents.Contracts;
using Agents.Conversation.Catalog;
using Agents.Conversation.Guardrails;
using Agents.Conversation.Sessions;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Identity;

namespace Agents.Conversation.Turns;

/// <summary>What the prompt may quote. <paramref name="Available"/> is false when retrieval was away and the agent answers all the same.</summary>
internal sealed record Sources(IReadOnlyList<Passage> Passages, bool Available);

/// <summary>Asks retrieval for passages.</summary>
internal sealed class PassageSource(ServiceClients clients, AgentGuardrails guardrails, Patience patience, TimeProvider time)
{
    private const int MaxPassages = 6;
    private const int MaxQuery = 8_192;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    // An agent that may answer without sources does not wait long for them.
    private static readonly TimeSpan LittlePatience = TimeSpan.FromSeconds(2);

    /// <exception cref="ProblemException">503 <c>retrieval_unavailable</c>, when the agent's policy is to refuse.</exception>
    public async Task<Sources> FindAsync(SessionRecord session, Agent agent, string turn, string input, CancellationToken cancellationToken)
    {
        if (agent.Collections is { Count: 0 })
            return new Sources([], Available: true);
        var degrades = agent.Degrade != Degrade.Refuse;
        var wait = degrades ? LittlePatience : patience.Limit;
        for (var started = time.GetTimestamp(); ;)
        {
            try
            {
                return new Sources(
                    guardrails.Passages(session, agent, turn, await SearchAsync(session, agent, turn, input, cancellationToken)), Available: true);
            }
            catch (Exception exception) when (exception is HttpRequestException || exception is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                if (time.GetElapsedTime(started) < wait)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(250), time, cancellationToken);
                    continue;
                }
                if (degrades)
                    return new Sources([], Available: false);
                throw new ProblemException(Problem.Unavailable("retrieval_unavailable", "The document search does not answer; try again."), exception);
            }
        }
    }

    private async Task<IReadOnlyList<Passage>> SearchAsync(SessionRecord session, Agent agent, string turn, string input, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        var query = new SearchPassages(agent.Collections, input.Length > MaxQuery ? input[..MaxQuery] : input, MaxPassages, session.Principals);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/internal/search").For(session.Tenant, turn);
        request.Content = JsonContent.Create(query, options: Json.Options);
        using var response = await clients.Retrieval.SendAsync(request, limit.Token);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<FoundPassages>(Json.Options, limit.Token))!.Data;
    }
}
