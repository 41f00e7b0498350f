using System.Text.Json;

namespace Agents.Analytics.Archive;

/// <summary>An event as it is kept: what the envelope and the data agree on, and the data as it came.</summary>
/// <param name="Id">The dedupe key. The archive may hold an event several times; whoever folds it counts it once.</param>
/// <param name="Type">The CloudEvent type; begins with <see cref="Envelope.Unreadable"/> for what is no event.</param>
/// <param name="Time">When it happened, by the publisher's clock.</param>
/// <param name="Received">When this archive took it, by the archiving replica's clock.</param>
/// <param name="Data">Absent for what could not be read.</param>
internal sealed record ArchivedEvent(string Id, string Type, string Tenant, DateTimeOffset Time, DateTimeOffset Received, JsonElement? Data);
