namespace Agents.Analytics.Figures;

/// <summary>What is simply counted. The numbers are stored: a number is never used for another meaning.</summary>
internal enum Counter
{
    Events = 0,
    Ignored = 1,
    DocumentsReady = 2,
    DocumentsFailed = 3,
    TurnsCompleted = 4,
    TurnsFailed = 5,
    GuardrailsTriggered = 6,
    AnswersScored = 7,

    /// <summary>Sum of groundedness in millionths: whole numbers, so that the order of addition does not matter.</summary>
    GroundednessMicros = 8,
    SessionsStarted = 9,
    SessionsEnded = 10,
    SessionsResolved = 11,
    SessionsEscalated = 12,
    EscalationsOpened = 13,
    EscalationsResolved = 14,
    RatedUp = 15,
    RatedDown = 16,
    Calls = 17,
    CallErrors = 18,
    CallsRateLimited = 19,
    CallsCached = 20,
    TokensIn = 21,
    TokensOut = 22,
    TokensCached = 23,

    /// <summary>Money in micro-units of the account's currency.</summary>
    CostMicros = 24,
    JobsAccepted = 25,
    JobsSucceeded = 26,
    JobsFailed = 27,
    JobsCancelled = 28,
    JobsDead = 29,

    /// <summary>Sum over heartbeats of the slots that replicas have.</summary>
    Slots = 30,

    /// <summary>The same of those that are busy.</summary>
    Busy = 31,

    /// <summary>Sum over heartbeats of jobs that wait, times the seconds for which a heartbeat stands.</summary>
    QueuedSeconds = 32,

    /// <summary>Of test sets, with an expected answer.</summary>
    CasesRun = 33,
    CasesCorrect = 34,

    AnswersJudged = 35,

    /// <summary>As <see cref="GroundednessMicros"/>, by judges.</summary>
    JudgedMicros = 36,

    /// <summary>One more than the last. Not a counter.</summary>
    Count = 37,
}

/// <summary>Durations in milliseconds of which quantiles are wanted. The numbers are stored.</summary>
internal enum Distribution
{
    /// <summary>Of completed turns, from acceptance to the last token.</summary>
    Turn = 0,

    /// <summary>Of completed turns, from acceptance to the first token.</summary>
    FirstToken = 1,
    Call = 2,
    JobWait = 3,
    JobRun = 4,

    /// <summary>From the upload of a document until it can be found.</summary>
    IndexLag = 5,

    /// <summary>One more than the last. Not a distribution.</summary>
    Count = 6,
}
