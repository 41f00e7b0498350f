using System.Text.Json;

namespace Agents.Contracts.Tests;

/// <summary>One of each record, every member given a value that is told apart from its neighbours.</summary>
internal static class Samples
{
    private const string Tenant = "acme";
    private const string Session = "sess_0199a4c1d2e37f60b1a2c3d4e5f60718";
    private const string Turn = "turn_0199a4c1d2e37f60b1a2c3d4e5f60719";
    private const string Job = "job_0199a4c1d2e37f60b1a2c3d4e5f6071a";
    private const string Document = "doc_0199a4c1d2e37f60b1a2c3d4e5f6071b";
    private const string Collection = "coll_0199a4c1d2e37f60b1a2c3d4e5f6071c";

    // Above 2^53: a JSON number would come back changed from stores and clients that count in doubles.
    private const long Large = 9_007_199_254_740_993;

    private static readonly DateTimeOffset Time = new(2026, 3, 14, 9, 26, 53, 589, TimeSpan.Zero);

    public static IReadOnlyDictionary<Type, object> All { get; } = new object[]
    {
        new SessionStarted(Tenant, Time, Session, "user-7", "support", 3),
        new SessionEnded(Tenant, Time, Session, "user-7", "support", 3, "resolved"),

        new TurnCompleted(Tenant, Time, Turn, Session, "support", 3, ["call-1", "call-2"], ["chunk-1"], 180, 2_400, "user-7"),
        new TurnFailed(Tenant, Time, Turn, Session, "support", 3, ["call-1"], [], 190, 2_500, "model_unavailable", "user-7"),
        new GuardrailTriggered(Tenant, Time, Turn, "pii", "mask", "output", 2, "support", 3),
        new FeedbackGiven(Tenant, Time, Turn, "up", 4, Time.AddMinutes(-7), "support", 3, "user-7"),
        new EscalationOpened(Tenant, Time, Session, "asked_for_a_person", 1, "support", 3),
        new EscalationResolved(Tenant, Time, Session, "answered", 1, "support", 3),
        new AnswerScored(Tenant, Time, Turn, 0.875, "support", 3),
        new AnswerJudged(Tenant, Time, Turn, 0.75, "judge-model", "support", 3),

        new JobAccepted(Tenant, Time, Job, "turn", "standard"),
        new JobStarted(Tenant, Time, Job, "turn", "standard", 2, 1_500),
        new JobStep(Tenant, Time, Job, "supervisor", "standard", "plan", "succeeded", 2),
        new JobCompleted(Tenant, Time, Job, "turn", "standard", "succeeded", 2, 1_500, 8_000, Large),
        new JobDead(Tenant, Time, Job, "turn", "standard", 5, 1_500, 8_000, Large, "attempts_exhausted"),

        new EvaluationCompleted(Tenant, Time, "eval_0199a4c1d2e37f60b1a2c3d4e5f6071f", "support", 3, 40, 31),

        new CallCompleted(
            Tenant, Time, "call-1", Turn, Job, "default", "small-model", "2026-02-01", "stable", "small", "default_route", "none", 812, 96, 512, Large,
            140, 2_100, "upstream_timeout", "support", 3, "user-7", "batch", Session),
        new RolloutChanged(Tenant, Time, "rollout-1", "default", "canary", 0.25, 6, "healthy"),
        new BudgetChanged(Tenant, Time, "monthly", "soft_limit", Large, Large - 2, 8),

        new DocumentReady(Tenant, Time, Document, Collection, 12, "b64hash", 1_750),
        new DocumentFailed(Tenant, Time, Document, Collection, 0, "b64hash", "unreadable"),
        new KnowledgeChanged(Tenant, Time, Collection, Large),

        new AuditRecorded(
            Tenant, Time, "audit-1", "ak_0199a4c1d2e37f60b1a2c3d4e5f6071d", "agent.update", "agent/support", Parse("""{"version":2}"""),
            Parse("""{"version":3}"""), "user-7"),
        new ReplicaHeartbeat("default", Time, "conversation-0", "0199a4c1d2e37f60b1a2c3d4e5f6071e", Large, "conversation-batch", "batch", 8, 3, "1.2.0", new Dictionary<string, int> { ["batch"] = 17 }),

        new AlertChanged(Tenant, Time, "alert_failing_turns", "failing_turns", 5, "firing", "error_rate", 0.25),

        new SendWebhook("alert_failing_turns.5", "https://hooks.example.com/alerts", "alert.firing", Parse("""{"name":"failing_turns"}""")),
        new AskQuestion("eval_1.7", "support", 3, "batch", "How long is the warranty?"),
        new AskedQuestion(Job, "succeeded", "none", "Two years.", [new CitedSource(Document, "Warranty")], Large),
        new CitedSource(Document, "Warranty"),
        new ReadExamples([new TurnPlace(Session, Turn)]),
        new TurnPlace(Session, Turn),
        new Examples([new Example(Turn, "support", 3, "Answer briefly.", "How long is the warranty?", "Two years.")]),
        new Example(Turn, "support", 3, "Answer briefly.", "How long is the warranty?", "Two years."),
        new AuthenticateKey("ak_0199a4c1d2e37f60b1a2c3d4e5f6071d", "b64hash"),
        new AuthenticatedKey("ak_0199a4c1d2e37f60b1a2c3d4e5f6071d", Tenant, ["sessions", "analytics"]),
        new SearchPassages([Collection], "How long is the warranty?", 8, ["group:support"]),
        new FoundPassages([new Passage(Document, Collection, "chunk-1", "Warranty", 1, "Two years.", 7.25)], "12"),
        new Passage(Document, Collection, "chunk-1", "Warranty", 1, "Two years.", 7.25),
    }.ToDictionary(sample => sample.GetType());

    private static JsonElement Parse(string json) => JsonElement.Parse(json);
}
