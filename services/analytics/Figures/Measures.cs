using Agents.Contracts;

namespace Agents.Analytics.Figures;

/// <summary>What one fact adds to a cell.</summary>
internal static class Measures
{
    /// <summary>Of what is counted, and how. Another number has the figures of all events that are kept counted anew.</summary>
    public const int Version = 1;

    // What inference says when the provider answers 429.
    private const string RateLimited = "provider_rate_limited";

    public static void Count(IEvent fact, Cell cell)
    {
        cell.Add(Counter.Events);
        switch (fact)
        {
            case TurnCompleted turn:
                cell.Add(Counter.TurnsCompleted);
                cell.Add(Distribution.Turn, turn.DurationMs);
                cell.Add(Distribution.FirstToken, turn.TtftMs);
                break;
            case TurnFailed:
                cell.Add(Counter.TurnsFailed);
                break;
            case CallCompleted call:
                Count(call, cell);
                break;
            case SessionStarted:
                cell.Add(Counter.SessionsStarted);
                break;
            case SessionEnded ended:
                cell.Add(Counter.SessionsEnded);
                cell.Add(Counter.SessionsResolved, ended.Outcome == "resolved" ? 1 : 0);
                cell.Add(Counter.SessionsEscalated, ended.Outcome == "escalated" ? 1 : 0);
                break;
            case FeedbackGiven feedback:
                Rate(feedback, cell, 1);
                break;
            case AnswerScored scored:
                cell.Add(Counter.AnswersScored);
                cell.Add(Counter.GroundednessMicros, Millionths(scored.Groundedness));
                break;
            case AnswerJudged judged:
                cell.Add(Counter.AnswersJudged);
                cell.Add(Counter.JudgedMicros, Millionths(judged.Groundedness));
                break;
            case GuardrailTriggered:
                cell.Add(Counter.GuardrailsTriggered);
                break;
            case EscalationOpened:
                cell.Add(Counter.EscalationsOpened);
                break;
            case EscalationResolved:
                cell.Add(Counter.EscalationsResolved);
                break;
            case JobAccepted:
                cell.Add(Counter.JobsAccepted);
                break;
            case JobCompleted job:
                cell.Add(job.Status switch { "succeeded" => Counter.JobsSucceeded, "cancelled" => Counter.JobsCancelled, _ => Counter.JobsFailed });
                cell.Add(Distribution.JobWait, job.QueuedMs);
                cell.Add(Distribution.JobRun, job.RunMs);
                break;
            case EvaluationCompleted evaluation:
                cell.Add(Counter.CasesRun, evaluation.Cases);
                cell.Add(Counter.CasesCorrect, evaluation.Correct);
                break;
            case JobDead:
                cell.Add(Counter.JobsDead);
                break;
            case DocumentReady document:
                cell.Add(Counter.DocumentsReady);
                if (document.LagMs is { } lag)
                    cell.Add(Distribution.IndexLag, lag);
                break;
            case DocumentFailed:
                cell.Add(Counter.DocumentsFailed);
                break;
            case ReplicaHeartbeat beat:
                cell.Add(Counter.Slots, beat.Slots);
                cell.Add(Counter.Busy, beat.Busy);
                cell.Add(Counter.QueuedSeconds, beat.Queues?.Values.Sum(Seconds) ?? 0);
                break;
        }
    }

    /// <summary>Counts what waits in one lane.</summary>
    public static void Queue(int waiting, Cell cell) => cell.Add(Counter.QueuedSeconds, Seconds(waiting));

    /// <summary>Counts a rating, or takes it back when a later one of the same turn replaces it.</summary>
    public static void Rate(FeedbackGiven feedback, Cell cell, int by) => cell.Add(feedback.Rating == "up" ? Counter.RatedUp : Counter.RatedDown, by);

    private static long Millionths(double share) => (long)Math.Round(Math.Clamp(share, 0, 1) * 1_000_000);

    private static long Seconds(int waiting) => (long)waiting * ReplicaHeartbeat.Seconds;

    private static void Count(CallCompleted call, Cell cell)
    {
        cell.Add(Counter.Calls);
        cell.Add(Counter.CallErrors, call.Error is null ? 0 : 1);
        cell.Add(Counter.CallsRateLimited, call.Error == RateLimited ? 1 : 0);
        cell.Add(Counter.CallsCached, call.Cache is "exact" or "semantic" ? 1 : 0);
        cell.Add(Counter.TokensIn, call.TokensIn);
        cell.Add(Counter.TokensOut, call.TokensOut);
        cell.Add(Counter.TokensCached, call.TokensCached);
        cell.Add(Counter.CostMicros, call.CostMicros);
        cell.Add(Distribution.Call, call.DurationMs);
    }
}
