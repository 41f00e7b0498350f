using System.Text;
using System.Text.Json.Nodes;
using Agents.Conversation.Catalog;
using Agents.Conversation.Guardrails;
using Agents.Conversation.Sessions;
using Agents.Conversation.Turns;
using Agents.Conversation.Turns.Running;
using Agents.Defaults.Identity;

namespace Agents.Conversation.Models;

/// <summary>What a model said and asked for in one call.</summary>
internal sealed record ModelSaid(string Text, IReadOnlyList<ToolCall> Calls)
{
    /// <summary>It takes the place of the rounds before, and none follows.</summary>
    public bool Instead { get; init; }
}

/// <summary>One model call of a turn, posted as it streams. A gateway that dies in the middle costs a restart of the text, not the turn.</summary>
internal sealed class ModelStep(ModelClient client, AgentGuardrails guardrails, Patience patience)
{
    private const int MaxDelta = 4_000;

    /// <param name="before">The text of the rounds before, which comes again when the text starts over.</param>
    public async Task<ModelSaid> RunAsync(
        LiveTurn live, SessionRecord session, Agent agent, JsonArray messages, JsonArray? tools, string before, Attempt attempt, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var context = new CallContext(live.Id, session.Job, agent.Id, agent.Version, session.User, session.Lane, session.Job is null ? session.Id : null);
        for (var (started, tries) = (time.GetTimestamp(), 0); ; tries++)
        {
            var text = new StringBuilder();
            var guard = guardrails.Answer(session, agent, live.Id);
            try
            {
                IReadOnlyList<ToolCall> calls = [];
                await foreach (var piece in client.StreamAsync(session.Tenant, context, agent.Model, messages, tools, cancellationToken))
                {
                    if (!attempt.CallIds.Contains(piece.CallId))
                        attempt.CallIds.Add(piece.CallId);
                    if (piece.Usage is { } usage)
                        attempt.Usage = attempt.Usage.Plus(usage);
                    calls = piece.Calls ?? calls;
                    if (piece.Text is not { Length: > 0 } said)
                        continue;
                    attempt.TtftMs ??= (int)(time.GetElapsedTime(attempt.Started) + attempt.Before).TotalMilliseconds;
                    Show(guard.Next(said));
                }
                Show(guard.End());
                return new ModelSaid(text.ToString(), guardrails.Named(agent, calls));
            }
            catch (ModelLostException) when (time.GetElapsedTime(started) < patience.Limit)
            {
                if (text.Length > 0)
                {
                    live.Post(new TurnEvent.Restarted("model_lost"));
                    Post(live, before);
                }
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(1_000, 100 << Math.Min(tries, 4))), time, cancellationToken);
            }

            void Show(string passed)
            {
                text.Append(passed);
                Post(live, passed);
            }
        }
    }

    /// <summary>A fixed text in the place of a model's, guarded as an answer is.</summary>
    public ModelSaid Say(LiveTurn live, SessionRecord session, Agent agent, string text)
    {
        var guard = guardrails.Answer(session, agent, live.Id);
        var passed = guard.Next(text) + guard.End();
        Post(live, passed);
        return new ModelSaid(passed, []) { Instead = true };
    }

    // Entries of the log have a limit; a pair of surrogates stays together.
    private static void Post(LiveTurn live, string text)
    {
        for (var from = 0; from < text.Length;)
        {
            var length = Math.Min(MaxDelta, text.Length - from);
            if (length == MaxDelta && char.IsHighSurrogate(text[from + length - 1]))
                length--;
            live.Post(new TurnEvent.Delta(text.Substring(from, length)));
            from += length;
        }
    }
}
