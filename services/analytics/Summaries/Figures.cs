using Agents.Contracts;

namespace Agents.Analytics.Summaries;

/// <summary>
/// What a set of facts adds up to. Neither the order of facts matters nor how they were split before merging: every member is a sum,
/// or keeps the greater of two by a total order. A fact must be added once; who adds sees to that by its id.
/// </summary>
internal sealed class Figures
{
    private readonly Dictionary<string, CallTotals> _models = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FeedbackGiven> _ratings = new(StringComparer.Ordinal);

    public Counters Counters { get; } = new();

    /// <summary>Milliseconds that completed turns took.</summary>
    public Sketch Latency { get; } = new();

    /// <summary>Milliseconds to the first token of completed turns.</summary>
    public Sketch Ttft { get; } = new();

    public IReadOnlyDictionary<string, CallTotals> Models => _models;

    /// <summary>The ratings that hold: the last one of each turn.</summary>
    public IEnumerable<string> Ratings => _ratings.Values.Select(feedback => feedback.Rating);

    /// <param name="fact">Null for an event that is not understood.</param>
    public void Add(IEvent? fact)
    {
        Counters.Add(Counter.Events);
        switch (fact)
        {
            case null:
                Counters.Add(Counter.Ignored);
                break;
            case DocumentReady:
                Counters.Add(Counter.DocumentsReady);
                break;
            case DocumentFailed:
                Counters.Add(Counter.DocumentsFailed);
                break;
            case TurnCompleted turn:
                Counters.Add(Counter.TurnsCompleted);
                Latency.Add(turn.DurationMs);
                Ttft.Add(turn.TtftMs);
                break;
            case TurnFailed:
                Counters.Add(Counter.TurnsFailed);
                break;
            case GuardrailTriggered:
                Counters.Add(Counter.GuardrailsTriggered);
                break;
            case AnswerScored scored:
                Counters.Add(Counter.AnswersScored);
                Counters.Add(Counter.GroundednessMicros, (long)Math.Round(Math.Clamp(scored.Groundedness, 0, 1) * 1_000_000));
                break;
            case FeedbackGiven feedback:
                Keep(feedback);
                break;
            case SessionStarted:
                Counters.Add(Counter.SessionsStarted);
                break;
            case SessionEnded ended:
                AddEnded(ended);
                break;
            case EscalationOpened:
                Counters.Add(Counter.EscalationsOpened);
                break;
            case EscalationResolved:
                Counters.Add(Counter.EscalationsResolved);
                break;
            case CallCompleted call:
                Add(call.Model, CallTotals.Of(call));
                break;
        }
    }

    public void Merge(Figures other)
    {
        Counters.Merge(other.Counters);
        Latency.Merge(other.Latency);
        Ttft.Merge(other.Ttft);
        foreach (var (model, totals) in other._models)
            Add(model, totals);
        foreach (var feedback in other._ratings.Values)
            Keep(feedback);
    }

    private void AddEnded(SessionEnded ended)
    {
        Counters.Add(Counter.SessionsEnded);
        if (ended.Outcome == "resolved")
            Counters.Add(Counter.SessionsResolved);
        if (ended.Outcome == "escalated")
            Counters.Add(Counter.SessionsEscalated);
    }

    private void Add(string model, CallTotals totals) => _models[model] = _models.GetValueOrDefault(model) + totals;

    private void Keep(FeedbackGiven feedback)
    {
        if (!_ratings.TryGetValue(feedback.Turn, out var before) || before.Revision < feedback.Revision)
            _ratings[feedback.Turn] = feedback;
    }
}
