using System.Text.Json.Serialization;

namespace Agents.Inference.Budgets;

/// <summary>
/// What a tenant, one of its keys or one of its agents may spend. A hard limit is never exceeded; a soft one is announced when it is
/// crossed. At least one limit is given.
/// </summary>
/// <param name="Id">Such as <c>bud_0199...</c>.</param>
/// <param name="Tenant">Whose budget it is.</param>
/// <param name="Scope">Whose calls count.</param>
/// <param name="Subject">Id of the key or agent; absent for the scope <c>tenant</c>.</param>
/// <param name="Period">What the money is for: a calendar day or month, UTC.</param>
/// <param name="LimitMicros">Hard limit in micro-units of the account's currency.</param>
/// <param name="SoftLimitMicros">Crossing it is announced as <c>budget.changed</c>; calls go on.</param>
/// <param name="SetByOperator">Set by the operator on a tenant, which then cannot change it.</param>
public sealed record Budget(
    string Id,
    string Tenant,
    BudgetScope Scope,
    string? Subject,
    BudgetPeriod Period,
    [property: JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)] long? LimitMicros,
    [property: JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)] long? SoftLimitMicros,
    int? RequestsPerMinute,
    int? TokensPerMinute,
    bool SetByOperator);

/// <summary>Whose calls count against a budget.</summary>
public enum BudgetScope
{
    Tenant,
    Key,
    Agent,
}

/// <summary>Calendar periods, UTC.</summary>
public enum BudgetPeriod
{
    Day,
    Month,
}
