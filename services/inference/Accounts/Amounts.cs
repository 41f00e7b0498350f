using Agents.Inference.Budgets;

namespace Agents.Inference.Accounts;

/// <summary>What a call takes, or may take at most, in each unit.</summary>
internal readonly record struct Amounts(long Micros, long Requests, long Tokens)
{
    public long this[Unit unit] => unit switch { Unit.Micros => Micros, Unit.Requests => Requests, _ => Tokens };
}
