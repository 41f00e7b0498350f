using System.Text.Json.Serialization;

namespace Agents.Analytics.Alerts;

/// <summary>How a rule stands.</summary>
/// <param name="Sequence">Counts the changes: part of the id of what is told of each.</param>
/// <param name="Since">Of the last change.</param>
/// <param name="QuietSince">The condition has not held since then, although the alert is still firing.</param>
/// <param name="Told">The last change that everybody was told of.</param>
internal sealed record AlertState(bool Firing, int Sequence, DateTimeOffset Since, decimal? Measured, DateTimeOffset? QuietSince, int Told)
{
    /// <summary>Of a rule that has never fired.</summary>
    public static AlertState Quiet { get; } = new(false, 0, DateTimeOffset.UnixEpoch, null, null, 0);

    // An alert is over when its condition has not held for so long, so that one that comes and goes is one.
    private static readonly TimeSpan Calm = TimeSpan.FromMinutes(1);

    /// <summary>The state after a look at the figures.</summary>
    /// <param name="holds">Whether the rule's condition holds; null when there is no telling, which changes nothing.</param>
    public AlertState Next(bool? holds, decimal? measured, DateTimeOffset now) => (Firing, holds) switch
    {
        (_, null) => this,
        (false, true) => Change(firing: true, measured, now),
        (true, true) when QuietSince is not null => this with { QuietSince = null },
        (true, false) when QuietSince is null => this with { QuietSince = now },
        (true, false) when now - QuietSince >= Calm => Change(firing: false, measured, now),
        _ => this,
    };

    private AlertState Change(bool firing, decimal? measured, DateTimeOffset now) => this with
    {
        Firing = firing,
        Sequence = Sequence + 1,
        Since = now,
        Measured = measured,
        QuietSince = null,
    };
}

/// <summary>The rules of a tenant's own, and how all its rules stand, by id.</summary>
internal sealed record AlertBook(IReadOnlyList<AlertRule> Rules, IReadOnlyDictionary<string, AlertState> States)
{
    public static AlertBook Empty { get; } = new([], new Dictionary<string, AlertState>());

    /// <summary>All rules that hold for the tenant.</summary>
    [JsonIgnore]
    public IEnumerable<AlertRule> All => Rules.Concat(AlertRule.Defaults.Where(rule => Rules.All(own => own.Name != rule.Name)));

    public AlertState StateOf(AlertRule rule) => States.GetValueOrDefault(rule.Id) ?? AlertState.Quiet;

    public AlertBook With(AlertRule rule, AlertState state) => this with { States = new Dictionary<string, AlertState>(States) { [rule.Id] = state } };
}
