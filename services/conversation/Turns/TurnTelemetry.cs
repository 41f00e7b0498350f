using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Agents.Conversation.Turns;

/// <summary>Spans and metrics of turns, by the GenAI semantic names; never a word of what was said.</summary>
internal sealed class TurnTelemetry : IDisposable
{
    private readonly ActivitySource _source = new("Agents.Conversation");
    private readonly Meter _meter = new("Agents.Conversation");
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _firstToken;

    public TurnTelemetry()
    {
        _duration = _meter.CreateHistogram<double>("agents.turn.duration", "s", "From acceptance of a turn to its end");
        _firstToken = _meter.CreateHistogram<double>("agents.turn.time_to_first_token", "s", "From acceptance of a turn to its first token");
    }

    public Activity? Start(string turn, string session, string agent)
    {
        var span = _source.StartActivity($"invoke_agent {agent}");
        span?.SetTag("gen_ai.operation.name", "invoke_agent");
        span?.SetTag("gen_ai.agent.id", agent);
        span?.SetTag("gen_ai.conversation.id", session);
        span?.SetTag("agents.turn.id", turn);
        return span;
    }

    public void Ended(Turn turn, string agent)
    {
        var tags = new TagList { { "gen_ai.agent.id", agent }, { "agents.turn.status", turn.Status.ToString().ToLowerInvariant() } };
        if (turn.Error is { } error)
        {
            tags.Add("error.type", error.Code);
            Activity.Current?.SetStatus(ActivityStatusCode.Error, error.Code);
        }
        _duration.Record((turn.DurationMs ?? 0) / 1_000d, tags);
        if (turn.TtftMs is { } ttft)
            _firstToken.Record(ttft / 1_000d, tags);
    }

    public void Dispose()
    {
        _source.Dispose();
        _meter.Dispose();
    }
}
