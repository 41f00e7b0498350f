namespace Agents.Analytics.Summaries;

/// <summary>What is simply counted.</summary>
internal enum Counter
{
    Events,
    Ignored,
    DocumentsReady,
    DocumentsFailed,
    TurnsCompleted,
    TurnsFailed,
    GuardrailsTriggered,
    AnswersScored,

    /// <summary>Sum of groundedness in millionths: whole numbers, so that the order of addition does not matter.</summary>
    GroundednessMicros,
    SessionsStarted,
    SessionsEnded,
    SessionsResolved,
    SessionsEscalated,
    EscalationsOpened,
    EscalationsResolved,
}

/// <summary>One number per <see cref="Counter"/>.</summary>
internal sealed class Counters
{
    private readonly long[] _values = new long[Enum.GetValues<Counter>().Length];

    public long this[Counter counter] => _values[(int)counter];

    public void Add(Counter counter, long by = 1) => _values[(int)counter] += by;

    public void Merge(Counters other)
    {
        for (var i = 0; i < _values.Length; i++)
            _values[i] += other._values[i];
    }
}
