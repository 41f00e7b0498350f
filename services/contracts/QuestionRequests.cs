using System.Text.Json.Serialization;

namespace Agents.Contracts;

/// <summary>
/// Analytics has an agent answer a question of a test set: <c>POST /internal/questions</c>, tenant by header. It becomes a job; asked
/// again, the answer is how that job stands.
/// </summary>
/// <param name="Key">Unique among the tenant's questions, and the same for the same one.</param>
/// <param name="Lane">Where the job waits.</param>
public sealed record AskQuestion(string Key, string Agent, int AgentVersion, string Lane, string Question);

/// <summary>How a question stands; money in micro-units of the account's currency.</summary>
/// <param name="Status">That of the job: <c>queued</c>, <c>running</c>, <c>succeeded</c>, <c>failed</c>, <c>cancelled</c> or <c>dead</c>.</param>
/// <param name="Error">A stable code; absent when nothing failed.</param>
/// <param name="Answer">Absent until the job has succeeded.</param>
/// <param name="Sources">What the answer cites.</param>
public sealed record AskedQuestion(
    string Job, string Status, string? Error, string? Answer, IReadOnlyList<CitedSource> Sources,
    [property: JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)] long CostMicros);

/// <summary>A document that an answer cites.</summary>
public sealed record CitedSource(string DocumentId, string Title);
