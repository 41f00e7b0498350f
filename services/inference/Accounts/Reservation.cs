using Agents.Inference.Budgets;

namespace Agents.Inference.Accounts;

/// <summary>What a call may take at most, set aside until it ends.</summary>
/// <param name="Purse">Null when no budget applies.</param>
internal sealed record Reservation(Journal Journal, Purse? Purse, IReadOnlyList<Meter> Meters, Amounts Most);
