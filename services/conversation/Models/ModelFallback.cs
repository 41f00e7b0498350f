using System.Text.Json.Nodes;
using Agents.Conversation.Catalog;
using Agents.Conversation.Memory;
using Agents.Conversation.Sessions;
using Agents.Conversation.Turns;
using Agents.Conversation.Turns.Running;
using Agents.Defaults.Errors;

namespace Agents.Conversation.Models;

/// <summary>
/// A model call by the agent's <c>degrade</c> policy: when no endpoint answers or the budget is spent, sentences of the passages or a
/// fixed text take the answer's place, and the turn says so. While a person has taken over, no model is asked at all.
/// </summary>
internal sealed class ModelFallback(ModelStep models)
{
    private const string Extractive = "extractive";
    private const string PersonAnswers = "A person has taken over this conversation and will answer here.";

    /// <inheritdoc cref="ModelStep.RunAsync"/>
    public async Task<ModelSaid> RunAsync(
        LiveTurn live, SessionRecord session, Agent agent, string input, JsonArray messages, JsonArray? tools, string before, Attempt attempt,
        TimeProvider time, CancellationToken cancellationToken)
    {
        if (session.PersonUntil > time.GetUtcNow())
            return Say(live, session, agent, attempt, agent.Escalation.Message ?? PersonAnswers, new Degradation("person", "escalated"));
        if (attempt.WithoutSources && agent.Degrade == Degrade.Message)
            return Say(live, session, agent, attempt, agent.DegradeMessage!, new Degradation("message", "retrieval_unavailable"));
        try
        {
            return await models.RunAsync(live, session, agent, messages, tools, before, attempt, time, cancellationToken);
        }
        // Only what may be better later: an agent that names a model which does not exist is to be noticed.
        catch (ProblemException away) when (away.Problem.RetryAfter is not null && agent.Degrade is Degrade.Extractive or Degrade.Message)
        {
            // The text starts over: half a sentence of the model does not become part of another answer.
            if (attempt.TtftMs is not null || before.Length > 0)
                live.Post(new TurnEvent.Restarted("degraded"));
            return agent.Degrade == Degrade.Extractive
                ? await ExtractAsync(live, session, agent, input, attempt, away, time, cancellationToken)
                : Say(live, session, agent, attempt, agent.DegradeMessage!, new Degradation("message", away.Problem.Code));
        }
    }

    private async Task<ModelSaid> ExtractAsync(
        LiveTurn live, SessionRecord session, Agent agent, string input, Attempt attempt, ProblemException away, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var passages = attempt.Passages.OrderBy(passage => passage.Key).Select(passage => passage.Value).ToList();
        var messages = PromptComposer.Compose(agent.Instructions, RememberedDialogue.None, passages, input);
        attempt.Degraded = new Degradation(Extractive, away.Problem.Code);
        var said = await models.RunAsync(live, session, agent with { Model = Extractive }, messages, null, "", attempt, time, cancellationToken);
        return said with { Instead = true };
    }

    private ModelSaid Say(LiveTurn live, SessionRecord session, Agent agent, Attempt attempt, string text, Degradation how)
    {
        attempt.Degraded = how;
        return models.Say(live, session, agent, text);
    }
}
