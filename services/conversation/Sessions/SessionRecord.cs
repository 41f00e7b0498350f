using Agents.Defaults.Replicas;

namespace Agents.Conversation.Sessions;

/// <summary>A dialogue: one ETag-guarded record, changed only by compare-and-swap. Turns have records of their own.</summary>
/// <param name="Turns">Ids in order, at most <see cref="MaxTurns"/>.</param>
/// <param name="Running">The turn that is being answered; one at a time.</param>
/// <param name="Window">The latest exchanges, for the next prompt.</param>
internal sealed record SessionRecord(
    string Id, string Tenant, string Agent, int AgentVersion, string? User, IReadOnlyList<string> Principals,
    IReadOnlyDictionary<string, string> Metadata, int TtlSeconds, DateTimeOffset CreatedAt, DateTimeOffset LastActiveAt,
    IReadOnlyList<string> Turns, RunningTurn? Running, IReadOnlyList<Exchange> Window)
{
    public const int MaxTurns = 1_000;

    // About 8,000 tokens: what fits beside passages and answer in small models, and keeps the record far below 256 KB.
    private const int MaxWindowCharacters = 32_000;
    private const int MaxWindowExchanges = 20;

    public SessionRecord Begin(RunningTurn turn, DateTimeOffset now) =>
        this with { Turns = [.. Turns, turn.Id], Running = turn, LastActiveAt = now };

    /// <summary>Ends the running turn. Anything else than the running turn changes nothing: somebody ended it before.</summary>
    public SessionRecord? End(string turn, Exchange? answered, DateTimeOffset now) => Running?.Id != turn
        ? null
        : this with { Running = null, LastActiveAt = now, Window = answered is null ? Window : Slide([.. Window, answered]) };

    private static List<Exchange> Slide(List<Exchange> window)
    {
        var from = Math.Max(0, window.Count - MaxWindowExchanges);
        for (var characters = window.Skip(from).Sum(exchange => exchange.Length); characters > MaxWindowCharacters && from < window.Count - 1; from++)
            characters -= window[from].Length;
        return window[from..];
    }
}

/// <summary>Who answers a turn now: when that replica is gone, so is the attempt.</summary>
internal sealed record RunningTurn(string Id, ReplicaId Owner);

/// <summary>A question and its answer, as later prompts repeat them.</summary>
internal sealed record Exchange(string Input, string Output)
{
    public int Length => Input.Length + Output.Length;
}
