using Agents.Contracts;

namespace Agents.Analytics.Datasets;

/// <summary>Chooses turns of sessions that consent to it, by their metadata <c>consent</c> = <c>training</c>.</summary>
/// <param name="Name">At most 100 characters.</param>
/// <param name="From">Turns from then on.</param>
/// <param name="To">Turns before then, at most 31 days later; default now.</param>
/// <param name="Agent">Only those of this agent.</param>
/// <param name="AgentVersion">Only those of this version of it.</param>
/// <param name="Rating"><c>up</c> or <c>down</c>: only those that were last rated so.</param>
/// <param name="MinGroundedness">0 to 1: only those whose answer is borne out so far by its passages.</param>
public sealed record CreateDataset(
    string? Name, DateTimeOffset? From, DateTimeOffset? To, string? Agent, int? AgentVersion, string? Rating, double? MinGroundedness);

/// <summary>Turns that were chosen. No text is kept: it is read when it is exported, from sessions that still exist and still consent.</summary>
/// <param name="Status"><c>choosing</c>, then <c>ready</c>.</param>
/// <param name="Turns">How many were chosen, whether or not their sessions consent; at most 10,000, the earliest of 200,000 that were looked at.</param>
/// <param name="HasMore">There would have been more.</param>
public sealed record Dataset(
    string Id, string Name, DatasetStatus Status, int Turns, bool HasMore, DateTimeOffset CreatedAt, DateTimeOffset From, DateTimeOffset To, string? Agent,
    int? AgentVersion, string? Rating, double? MinGroundedness);

public enum DatasetStatus
{
    Choosing,
    Ready,
}

/// <summary>A line of an export, in the form that is used for fine-tuning chat models.</summary>
internal sealed record ExportedTurn(IReadOnlyList<ChatMessage> Messages)
{
    public static ExportedTurn Of(Example example) =>
        new([new("system", example.Instructions), new("user", example.Question), new("assistant", example.Answer)]);
}

internal sealed record ChatMessage(string Role, string Content);
