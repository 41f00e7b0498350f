namespace Agents.Analytics.Alerts;

/// <summary>When an alert fires.</summary>
public enum AlertCondition
{
    /// <summary>The figure over the window is above (or below) the value.</summary>
    Threshold,

    /// <summary>The figure over the window is by more than this share above (or below) that of the window before: 0.5 is by half.</summary>
    Change,

    /// <summary>
    /// A share of failures eats up the error budget so many times as fast as it may: over the window, and over its last twelfth, so that
    /// the alert ends soon after the cause does.
    /// </summary>
    BurnRate,

    /// <summary>There was nothing to count in the window.</summary>
    Absence,
}

/// <summary>On which side of the value.</summary>
public enum AlertSide
{
    Above,
    Below,
}

/// <summary>A rule over a figure.</summary>
/// <param name="Figure">A name of <c>/v1/analytics/figures/names</c>.</param>
/// <param name="GroupBy">Look at one <c>agent</c>, <c>version</c>, <c>model</c>, <c>lane</c> or <c>user</c> only.</param>
/// <param name="Of">Which one.</param>
/// <param name="Value">See <see cref="AlertCondition"/>; in the unit of the figure for a threshold.</param>
/// <param name="Objective">For a burn rate: the share that is to succeed, such as 0.99.</param>
/// <param name="Minutes">The window.</param>
/// <param name="Webhook">Gets a signed webhook when the alert fires and when it is over.</param>
public sealed record AlertRule(
    string Id, string Name, string Figure, string? GroupBy, string? Of, AlertCondition Condition, AlertSide Side, decimal Value, decimal? Objective, int Minutes,
    string? Webhook)
{
    /// <summary>Rules that every tenant has; they tell by event. A rule of a tenant's own with the same name stands in their place.</summary>
    public static IReadOnlyList<AlertRule> Defaults { get; } =
    [
        Default("failing_turns", "error_rate", AlertCondition.BurnRate, 10, 60, objective: 0.99m),
        Default("failing_calls", "call_error_rate", AlertCondition.Threshold, 0.2m, 10),
        Default("slow_answers", "latency_p95", AlertCondition.Threshold, 30_000, 15),
        Default("dead_jobs", "jobs_dead", AlertCondition.Threshold, 0, 10),
        Default("slow_queue", "job_wait_p95", AlertCondition.Threshold, 300_000, 15),
        Default("cost_jump", "cost", AlertCondition.Change, 2, 60),
    ];

    private static AlertRule Default(string name, string figure, AlertCondition condition, decimal value, int minutes, decimal? objective = null) =>
        new($"alert_{name}", name, figure, null, null, condition, AlertSide.Above, value, objective, minutes, null);
}

/// <summary>A rule, and how it stands.</summary>
/// <param name="Firing">Since the last change.</param>
/// <param name="Since">Of the last change; absent when there was none.</param>
/// <param name="Measured">The figure at the last change.</param>
public sealed record Alert(AlertRule Rule, bool Default, bool Firing, DateTimeOffset? Since, decimal? Measured);
