using Agents.Defaults.Errors;

namespace Agents.Defaults.Ledgers;

/// <summary>
/// This writer's time is over: another one raised the fence, or the ledger was deleted or expired. Nothing of the refused call is, or
/// ever will be, in the ledger. To a caller of the API it is a 409 <c>superseded</c>.
/// </summary>
public sealed class LedgerFencedException(string key, long held, long current, bool deleted) : ProblemException(
    Problem.Conflict("superseded", deleted ? "What this belongs to was deleted." : "Another replica has taken this over.", deleted ? null : TimeSpan.FromSeconds(1)))
{
    /// <summary>The fence that the refused call came with.</summary>
    public long Held => held;

    /// <summary>The ledger's fence.</summary>
    public long Current => current;

    /// <summary>The ledger was deleted.</summary>
    public bool Deleted => deleted;

    public override string Message => deleted ? $"Ledger {key} was deleted." : $"Ledger {key} is at fence {current}; {held} cannot write to it.";
}
