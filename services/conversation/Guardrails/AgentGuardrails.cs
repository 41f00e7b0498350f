using System.Runtime.CompilerServices;
using Agents.Contracts;
using Agents.Conversation.Catalog;
using Agents.Conversation.Models;
using Agents.Conversation.Sessions;
using Agents.Conversation.Tools;
using Agents.Conversation.Turns;

namespace Agents.Conversation.Guardrails;

/// <summary>The places of a turn where an agent's guardrails act.</summary>
internal sealed class AgentGuardrails(GuardrailTelemetry telemetry)
{
    // A version of an agent never changes, and the store hands out the same policy again and again.
    private readonly ConditionalWeakTable<GuardrailPolicy, Guard[]> _guards = [];

    /// <summary>What a question is kept and passed on as. What is found is told once the turn runs, by <see cref="Enter"/>.</summary>
    public (string Input, IReadOnlyList<GuardrailHit>? Hits) Admit(Agent agent, string input)
    {
        var (text, hits) = For(agent, GuardrailPlace.Input).Check(input);
        return (text, hits.Count > 0 ? hits : null);
    }

    /// <summary>Tells what was found in the question.</summary>
    /// <exception cref="GuardrailBlockedException">It is not to be answered.</exception>
    public void Enter(SessionRecord session, Turn turn)
    {
        foreach (var hit in turn.Guardrails ?? [])
            telemetry.Triggered(session.Tenant, turn.Id, session.Agent, turn.AgentVersion ?? session.AgentVersion, GuardrailPlace.Input, hit);
        if (turn.Guardrails?.FirstOrDefault(hit => hit.Action == GuardrailAction.Block) is { } blocking)
            throw new GuardrailBlockedException(GuardrailPlace.Input, blocking);
    }

    /// <inheritdoc cref="GuardrailTelemetry.ToldAsync"/>
    public Task ToldAsync(string turn) => telemetry.ToldAsync(turn);

    /// <summary>What may be shown to the model of these passages: a passage that is blocked is left out.</summary>
    public IReadOnlyList<Passage> Passages(SessionRecord session, Agent agent, string turn, IReadOnlyList<Passage> passages)
    {
        var guard = For(agent, GuardrailPlace.Passages);
        var left = new List<Passage>(passages.Count);
        foreach (var passage in passages)
        {
            var title = guard.Check(passage.Title);
            var text = guard.Check(passage.Text);
            if (!Told(session, agent, turn, GuardrailPlace.Passages, [.. title.Hits, .. text.Hits]))
                left.Add(passage with { Title = title.Text, Text = text.Text });
        }
        return left;
    }

    /// <summary>Guards what a model says in one call.</summary>
    public AnswerGuard Answer(SessionRecord session, Agent agent, string turn) => new(
        For(agent, GuardrailPlace.Output), hit => telemetry.Triggered(session.Tenant, turn, session.Agent, agent.Version, GuardrailPlace.Output, hit));

    /// <summary>The calls that a model asks for, their names fit to be shown: a name may be made up.</summary>
    public IReadOnlyList<ToolCall> Named(Agent agent, IReadOnlyList<ToolCall> calls) =>
        [.. calls.Select(call => call with { Name = For(agent, GuardrailPlace.Tool).Check(call.Name).Text })];

    /// <summary>A cited passage as the user may see it.</summary>
    public Citation Shown(Agent agent, Citation cited)
    {
        var guard = For(agent, GuardrailPlace.Output);
        return cited with { Title = guard.Check(cited.Title).Text, Text = guard.Check(cited.Text).Text };
    }

    /// <summary>The tools, guarded: no secret goes out in an argument, and what comes back is watched as passages are.</summary>
    public IReadOnlyList<ITool> Tools(Agent agent, IReadOnlyList<ITool> tools) =>
        [.. tools.Select(tool => tool is RetrievalTool ? tool : new GuardedTool(tool, this, agent))];

    /// <summary>Why a tool may not be told this; null when it may.</summary>
    public string? ArgumentRefusal(SessionRecord session, Agent agent, string turn, string arguments) =>
        Told(session, agent, turn, GuardrailPlace.Tool, For(agent, GuardrailPlace.Tool).Check(arguments).Hits)
            ? "The arguments hold a key, or something else that is kept secret; nothing was sent."
            : null;

    /// <summary>What the model may read of a tool's result.</summary>
    public ToolResult Result(SessionRecord session, Agent agent, string turn, ToolResult result)
    {
        var (text, hits) = For(agent, GuardrailPlace.Passages).Check(result.Content);
        return Told(session, agent, turn, GuardrailPlace.Tool, hits)
            ? ToolResult.Failure("The result was withheld by a guardrail.")
            : result with { Content = text };
    }

    /// <summary>Tells what was found.</summary>
    /// <returns>Whether any of it blocks.</returns>
    private bool Told(SessionRecord session, Agent agent, string turn, GuardrailPlace place, IReadOnlyList<GuardrailHit> hits)
    {
        foreach (var hit in hits)
            telemetry.Triggered(session.Tenant, turn, session.Agent, agent.Version, place, hit);
        return hits.Any(hit => hit.Action == GuardrailAction.Block);
    }

    private Guard For(Agent agent, GuardrailPlace place) =>
        _guards.GetValue(agent.Guardrails, static policy => [.. Enum.GetValues<GuardrailPlace>().Select(each => new Guard(policy, each))])[(int)place];
}

internal static class GuardrailServices
{
    public static void AddGuardrails(this IServiceCollection services) => services.AddSingleton<GuardrailTelemetry>().AddSingleton<AgentGuardrails>();
}
