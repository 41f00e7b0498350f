using Agents.Analytics.Archive;
using Agents.Contracts;

namespace Agents.Analytics.Datasets;

/// <summary>Chooses turns from the events of their tenant, in whatever order these come, once or twice.</summary>
internal sealed class TurnChoice(string tenant, Dataset dataset)
{
    /// <summary>So many make a dataset.</summary>
    public const int Most = 10_000;

    // So many are looked at: a rating may come long after its turn.
    private const int MostHeld = 200_000;

    private readonly Dictionary<string, (DateTimeOffset Time, string Session)> _turns = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FeedbackGiven> _ratings = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double> _groundedness = new(StringComparer.Ordinal);

    /// <summary>There were more than fit.</summary>
    public bool HasMore { get; private set; }

    public void Add(ArchivedEvent archived)
    {
        if (archived.Tenant != tenant)
            return;
        switch (KnownEvents.Read(archived))
        {
            case TurnCompleted turn when Fits(turn):
                if (_turns.Count < MostHeld)
                    _turns[turn.Turn] = (turn.Time, turn.Session);
                else
                    HasMore |= !_turns.ContainsKey(turn.Turn);
                break;
            case FeedbackGiven rating when dataset.Rating is not null && (!_ratings.TryGetValue(rating.Turn, out var other) || other.Revision < rating.Revision):
                _ratings[rating.Turn] = rating;
                break;
            case AnswerScored scored when dataset.MinGroundedness is not null:
                _groundedness[scored.Turn] = scored.Groundedness;
                break;
        }
    }

    /// <summary>What was chosen, the earliest first.</summary>
    public IReadOnlyList<TurnPlace> Chosen()
    {
        var fitting = _turns.Where(turn => IsGood(turn.Key)).OrderBy(turn => turn.Value.Time).ThenBy(turn => turn.Key, StringComparer.Ordinal).ToList();
        HasMore |= fitting.Count > Most;
        return [.. fitting.Take(Most).Select(turn => new TurnPlace(turn.Value.Session, turn.Key))];
    }

    private bool Fits(TurnCompleted turn) =>
        turn.Time >= dataset.From && turn.Time < dataset.To && (dataset.Agent is null || turn.Agent == dataset.Agent)
        && (dataset.AgentVersion is null || turn.AgentVersion == dataset.AgentVersion);

    private bool IsGood(string turn) =>
        (dataset.Rating is null || (_ratings.TryGetValue(turn, out var rating) && rating.Rating == dataset.Rating))
        && (dataset.MinGroundedness is not { } least || (_groundedness.TryGetValue(turn, out var groundedness) && groundedness >= least));
}
