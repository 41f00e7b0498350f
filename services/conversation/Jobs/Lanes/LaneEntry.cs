using System.Text.Json.Serialization;
using Agents.Defaults.Replicas;

namespace Agents.Conversation.Jobs.Lanes;

/// <summary>What happened to a job in its lane.</summary>
internal enum LaneStep
{
    /// <summary>It got its place.</summary>
    [JsonStringEnumMemberName("q")]
    Placed,

    /// <summary>A worker got it.</summary>
    [JsonStringEnumMemberName("l")]
    Leased,

    /// <summary>It waits again, with or without a pause.</summary>
    [JsonStringEnumMemberName("w")]
    Waits,

    /// <summary>It has come to its end, or is not to run any more.</summary>
    [JsonStringEnumMemberName("e")]
    Ended,

    /// <summary>What a tenant has used so far; only at the beginning of a log.</summary>
    [JsonStringEnumMemberName("t")]
    Used,

    /// <summary>The lane goes on in another log.</summary>
    [JsonStringEnumMemberName("m")]
    Moved,
}

/// <summary>An entry of a lane's log. The state of the lane is the fold of its entries; times are milliseconds since 1970.</summary>
/// <param name="Job">The job; of <see cref="LaneStep.Used"/> the tenant, of <see cref="LaneStep.Moved"/> the other log.</param>
/// <param name="At">When it happened; of a job that is written down again, since when it waits.</param>
/// <param name="Tenant">Placed: whose job.</param>
/// <param name="Tokens">Placed: its cost as estimated. Ended: as it was, 0 when unknown. Used: what the tenant has used.</param>
/// <param name="Deadline">Placed: when it must have ended.</param>
/// <param name="Life">Placed: how often it was taken back from the dead letters.</param>
/// <param name="Attempts">Attempts that count, so far.</param>
/// <param name="Lease">Leased, and written down again: how often a worker got it.</param>
/// <param name="Until">Waits: until then.</param>
/// <param name="Worker">Leased: who has it.</param>
internal sealed record LaneEntry(
    [property: JsonPropertyName("s")] LaneStep Step,
    [property: JsonPropertyName("j")] string Job,
    [property: JsonPropertyName("a")] long At,
    [property: JsonPropertyName("t")] string? Tenant = null,
    [property: JsonPropertyName("k"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] long Tokens = 0,
    [property: JsonPropertyName("d"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] long Deadline = 0,
    [property: JsonPropertyName("f"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] int Life = 0,
    [property: JsonPropertyName("n"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] int Attempts = 0,
    [property: JsonPropertyName("x"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] int Lease = 0,
    [property: JsonPropertyName("u"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] long Until = 0,
    [property: JsonPropertyName("w")] ReplicaId? Worker = null);
