using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Agents.Contracts;
using Agents.Defaults.Api;
using Agents.Defaults.Events;

namespace Agents.Conversation.Guardrails;

/// <summary>Where in a turn a guardrail acts.</summary>
internal enum GuardrailPlace
{
    Input,
    Passages,
    Output,
    Tool,
}

/// <summary>Counts what guardrails do and tells it by an event, one per turn, place and rule; never a word of the text.</summary>
internal sealed class GuardrailTelemetry : IDisposable
{
    private readonly Meter _meter = new("Agents.Conversation");
    private readonly Counter<long> _triggered;
    private readonly EventPublisher _events;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, ConcurrentQueue<Task>> _telling = new(StringComparer.Ordinal);

    public GuardrailTelemetry(EventPublisher events, TimeProvider time)
    {
        (_events, _time) = (events, time);
        _triggered = _meter.CreateCounter<long>("agents.guardrail.triggered", "{finding}", "Findings of guardrails");
    }

    public void Triggered(string tenant, string turn, string agent, int version, GuardrailPlace place, GuardrailHit hit)
    {
        var (rule, action, where) = (Name(hit.Rule), Name(hit.Action), Name(place));
        foreach (var kind in hit.Kinds)
        {
            _triggered.Add(
                1, new TagList { { "gen_ai.agent.id", agent }, { "agents.guardrail.rule", rule }, { "agents.guardrail.kind", kind }, { "agents.guardrail.action", action }, { "agents.guardrail.where", where } });
        }
        // The number stands for place and rule, and the time is that of the turn: one that is taken over tells the same event again.
        _telling.GetOrAdd(turn, _ => []).Enqueue(_events.PublishSoonAsync(
            new GuardrailTriggered(
                tenant, Ids.TimeOf(turn) ?? _time.GetUtcNow(), turn, rule, action, where, ((int)place * 16) + (int)hit.Rule + 1, agent, version),
            CancellationToken.None));
    }

    /// <summary>
    /// Returns when what a turn triggered so far is with the broker. Awaited before a turn ends: until then, whoever takes it over triggers
    /// the same again.
    /// </summary>
    public Task ToldAsync(string turn) => _telling.TryRemove(turn, out var telling) ? Task.WhenAll(telling) : Task.CompletedTask;

    public void Dispose() => _meter.Dispose();

    private static string Name<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
