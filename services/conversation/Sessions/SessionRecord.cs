using System.Text.Json.Serialization;
using Agents.Defaults.Replicas;

namespace Agents.Conversation.Sessions;

/// <summary>A dialogue: one ETag-guarded record, changed only by compare-and-swap, that says which turn is being answered and which wait.</summary>
/// <param name="AgentVersion">The agent's live version when the session was opened.</param>
/// <param name="TtlSeconds">The session is forgotten when nothing has happened for so long.</param>
/// <param name="Turns">Ids in order of acceptance, at most <see cref="MaxTurns"/>.</param>
/// <param name="Running">The turn that is being answered; one at a time.</param>
/// <param name="Window">The latest exchanges, for the next prompt.</param>
internal sealed record SessionRecord(
    string Id, string Tenant, string Agent, int AgentVersion, string? User, IReadOnlyList<string> Principals,
    IReadOnlyDictionary<string, string> Metadata, int TtlSeconds, DateTimeOffset CreatedAt, DateTimeOffset LastActiveAt,
    IReadOnlyList<string> Turns, RunningTurn? Running, IReadOnlyList<Exchange> Window)
{
    public const int MaxTurns = 1_000;
    public const int MaxQueue = 16;

    // What is kept beyond the window that a prompt may use: the next block of the summary is made of it.
    private const int MaxWindowCharacters = 40_000;
    private const int MaxExchangeCharacters = MaxWindowCharacters / 4;
    private const int MaxWindowExchanges = 160;
    private const int KeptForPerson = 7 * 86_400;

    // One for each replica, and those of a broker's absence.
    private const int MaxEnded = 100;

    /// <summary>So many exchanges are summed up however short they are, before any of them falls out of the window.</summary>
    public const int FullWindow = MaxWindowExchanges * 3 / 4;

    /// <summary>Turns that wait, in the order in which they will be answered.</summary>
    public IReadOnlyList<string> Queue { get; init; } = [];

    /// <summary>Answer by this version of the agent, whatever its live one is; null follows the live one.</summary>
    public int? PinnedVersion { get; init; }

    /// <summary>The session ends by itself when nothing has happened for so long.</summary>
    public int IdleSeconds { get; init; } = TtlSeconds;

    /// <summary>
    /// Turns that ended lately, and who ended them: so that a replica whose change got no answer can see that it took place, and another
    /// can tell of the end, should that one have died before everybody had heard of it.
    /// </summary>
    public IReadOnlyList<RunningTurn> Ended { get; init; } = [];

    /// <summary>How the session ended: <c>resolved</c>, <c>escalated</c> or <c>abandoned</c>. Null while it is open.</summary>
    public string? Outcome { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>What was said before the window, in a few words; grows by blocks.</summary>
    public string Summary { get; init; } = "";

    /// <summary>How many of the exchanges are in the summary; the window begins after them.</summary>
    public int Summarised { get; init; }

    /// <summary>Characters of all exchanges ever, to say what the memory saves.</summary>
    public int HistoryCharacters { get; init; }

    /// <summary>When the turns' records last got their full time to live.</summary>
    public DateTimeOffset KeptAt { get; init; } = CreatedAt;

    /// <summary>The session is being deleted, or (without turns) was: nobody sees it any more.</summary>
    public bool Deleted { get; init; }

    /// <summary>The latest escalation to a person, if there was one; see <c>Escalations</c>.</summary>
    public string? Escalation { get; init; }

    /// <summary>How many escalations there were.</summary>
    public int Escalations { get; init; }

    /// <summary>The latest escalation is not resolved yet.</summary>
    public bool AwaitsPerson { get; init; }

    /// <summary>Until then a person answers and the agent is silent.</summary>
    public DateTimeOffset? PersonUntil { get; init; }

    /// <summary>Set in the place of a dialogue when a job is run, which has no session: then nothing of this record is ever stored.</summary>
    [JsonIgnore]
    public string? Job { get; init; }

    /// <summary>The lane of that job.</summary>
    [JsonIgnore]
    public string? Lane { get; init; }

    /// <summary>Set with <see cref="Job"/> when the job is a part of something larger.</summary>
    [JsonIgnore]
    public Turns.TurnPart? Part { get; init; }

    /// <summary>For how long the session is kept when nothing happens: a person may take some days.</summary>
    [JsonIgnore]
    public int KeptSeconds => AwaitsPerson ? Math.Max(TtlSeconds, KeptForPerson) : TtlSeconds;

    /// <summary>Twice the session's own, so that a turn's record never goes before its session as long as half of it is renewed in time.</summary>
    [JsonIgnore]
    public TimeSpan RecordTtl => TimeSpan.FromSeconds(2L * KeptSeconds);

    [JsonIgnore]
    public string Status => Outcome is not null ? "ended" : Running is not null ? "busy" : "idle";

    public SessionRecord Accept(string turn, DateTimeOffset now) =>
        this with { Turns = [.. Turns, turn], LastActiveAt = now };

    public SessionRecord Begin(RunningTurn turn, DateTimeOffset now) => Accept(turn.Id, now) with { Running = turn };

    /// <summary>Has a turn wait, behind the others or before them.</summary>
    public SessionRecord Wait(string turn, bool first, DateTimeOffset now) =>
        Accept(turn, now) with { Queue = first ? [turn, .. Queue] : [.. Queue, turn] };

    /// <summary>
    /// Ends the running turn; the next one that waits begins, at <paramref name="next"/>. Null when another turn runs, or none: somebody
    /// ended it before.
    /// </summary>
    /// <param name="untold">Of which ended turns not everybody may have heard.</param>
    public SessionRecord? End(string turn, Exchange? answered, ReplicaId next, Func<RunningTurn, bool> untold, DateTimeOffset now) => Running?.Id != turn
        ? null
        : this with
        {
            Running = Queue.Count > 0 ? new RunningTurn(Queue[0], next) : null,
            Ended = [.. Ended.Where(untold).TakeLast(MaxEnded - 1), new RunningTurn(turn, next)],
            Queue = [.. Queue.Skip(1)],
            LastActiveAt = now,
            Window = answered is null ? Window : Slide([.. Window, answered.Short(MaxExchangeCharacters)]),
            HistoryCharacters = HistoryCharacters + (answered?.Length ?? 0),
        };

    /// <summary>Ends a turn that waits.</summary>
    /// <returns>Null when it does not wait.</returns>
    public SessionRecord? Leave(string turn, ReplicaId teller, Func<RunningTurn, bool> untold) => Queue.Contains(turn)
        ? this with { Queue = [.. Queue.Where(other => other != turn)], Ended = [.. Ended.Where(untold).TakeLast(MaxEnded - 1), new RunningTurn(turn, teller)] }
        : null;

    /// <summary>Adds what a person said without a question.</summary>
    public SessionRecord Hear(Exchange said, DateTimeOffset now) =>
        Accept(said.Turn!, now) with { Window = Slide([.. Window, said]), HistoryCharacters = HistoryCharacters + said.Length };

    private static List<Exchange> Slide(List<Exchange> window)
    {
        var from = Math.Max(0, window.Count - MaxWindowExchanges);
        for (var characters = window.Skip(from).Sum(exchange => exchange.Length); characters > MaxWindowCharacters && from < window.Count - 1; from++)
            characters -= window[from].Length;
        return window[from..];
    }
}

/// <summary>Who answers a turn now: when that replica is gone, another goes on.</summary>
internal sealed record RunningTurn(string Id, ReplicaId Owner);

/// <summary>A question and its answer, as later prompts repeat them.</summary>
/// <param name="Turn">Where it was said.</param>
internal sealed record Exchange(string Input, string Output, string? Turn = null)
{
    [JsonIgnore]
    public int Length => Input.Length + Output.Length;

    /// <summary>The beginning of each side, at most half of so many characters.</summary>
    public Exchange Short(int characters) => Length <= characters ? this : this with { Input = Short(Input, characters / 2), Output = Short(Output, characters / 2) };

    private static string Short(string text, int characters) => text.Length <= characters
        ? text
        : text[..(char.IsHighSurrogate(text[characters - 1]) ? characters - 1 : characters)] + "...";
}
