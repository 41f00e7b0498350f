using System.Collections.Frozen;
using System.Text.Json;
using Agents.Contracts;
using Agents.Defaults.Api;

namespace Agents.Analytics.Archive;

/// <summary>The event types that this version understands.</summary>
internal static class KnownEvents
{
    private static readonly FrozenDictionary<string, Reader> Readers = new[]
    {
        Of<SessionStarted>(), Of<SessionEnded>(),
        Of<TurnCompleted>(), Of<TurnFailed>(), Of<GuardrailTriggered>(), Of<FeedbackGiven>(), Of<AnswerScored>(), Of<AnswerJudged>(),
        Of<EscalationOpened>(), Of<EscalationResolved>(),
        Of<JobAccepted>(), Of<JobStarted>(), Of<JobStep>(), Of<JobCompleted>(), Of<JobDead>(), Of<EvaluationCompleted>(),
        Of<CallCompleted>(), Of<RolloutChanged>(), Of<BudgetChanged>(),
        Of<DocumentReady>(), Of<DocumentFailed>(), Of<KnowledgeChanged>(),
        Of<AuditRecorded>(), Of<ReplicaHeartbeat>(), Of<AlertChanged>(),
    }.ToFrozenDictionary();

    public static IReadOnlyCollection<string> Types => Readers.Keys;

    /// <summary>The fact; null when its type, or this form of it, is not understood.</summary>
    public static IEvent? Read(ArchivedEvent archived)
    {
        if (archived.Data is not { } data || !Readers.TryGetValue(archived.Type, out var read))
            return null;
        try
        {
            return read(data);
        }
        catch (JsonException)
        {
            // Somebody published what is not of the type's shape; it stays in the archive and counts as ignored.
            return null;
        }
    }

    private static KeyValuePair<string, Reader> Of<TEvent>()
        where TEvent : class, IEvent => new(TEvent.Type, data => data.Deserialize<TEvent>(Json.Options));

    private delegate IEvent? Reader(JsonElement data);
}
