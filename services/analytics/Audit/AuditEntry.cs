using System.Text.Json;
using System.Text.Json.Serialization;
using Agents.Analytics.Folding;

namespace Agents.Analytics.Audit;

/// <summary>Somebody changed something.</summary>
/// <param name="Sequence">Its place in the tenant's chain, from 0.</param>
/// <param name="Actor">The key id or app id that acted. Absent, like the members up to <paramref name="User"/>, when the content was erased.</param>
/// <param name="Object">What was acted on, as <c>noun/id</c>.</param>
/// <param name="User">Whose data it is about, if it is; in an export by pseudonym.</param>
/// <param name="Erased">The content was erased at somebody's request; the chain holds all the same.</param>
/// <param name="Hash">Of the link: whoever notes it can tell later that nothing before it was changed.</param>
public sealed record AuditEntry(
    [property: JsonNumberHandling(Wire.AsString)] long Sequence, string Id, DateTimeOffset Time, string? Actor, string? Action, string? Object, JsonElement? Before,
    JsonElement? After, string? User, bool Erased, string Hash);

/// <summary>One line of an export: all that is needed to check it without this service.</summary>
/// <param name="Content">Absent when it was erased.</param>
internal sealed record AuditLine([property: JsonNumberHandling(Wire.AsString)] long Sequence, AuditLink Link, AuditContent? Content);

/// <summary>Whether a chain is as it was written.</summary>
/// <param name="Entries">So many were looked at.</param>
/// <param name="Erased">Of these, the content was erased.</param>
/// <param name="Intact">No link was changed, left out or put in, and no content changed.</param>
/// <param name="BrokenAt">The first entry that is not as it was written.</param>
/// <param name="Why">What is wrong with it.</param>
/// <param name="Last">The sequence number and hash of the last entry that was looked at: the next question goes on <c>after</c> it.</param>
/// <param name="HasMore">There are more entries.</param>
public sealed record AuditVerdict(
    long Entries, long Erased, bool Intact, [property: JsonNumberHandling(Wire.AsString)] long? BrokenAt, string? Why, AuditPlace? Last, bool HasMore);

/// <summary>A place in a chain.</summary>
public sealed record AuditPlace([property: JsonNumberHandling(Wire.AsString)] long Sequence, string Hash);
