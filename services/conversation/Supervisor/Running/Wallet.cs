using Agents.Conversation.Turns;

namespace Agents.Conversation.Supervisor.Running;

/// <summary>What a plan may use and has used. Runs under way are counted as what runs used on average, so that equal ones never exceed a bound.</summary>
internal sealed class Wallet(PlanBudget budget)
{
    private int _begun;
    private int _ended;

    public TurnUsage Spent { get; private set; } = TurnUsage.None;

    /// <summary>The bound that another run would exceed; null when there is room for one.</summary>
    public string? Bound =>
        _begun >= (budget.Runs ?? PlanBudget.DefaultRuns) ? "runs"
        : Exceeds(Spent.CostMicros, budget.CostMicros) ? "cost_micros"
        : Exceeds((long)Spent.PromptTokens + Spent.CompletionTokens, budget.Tokens) ? "tokens"
        : null;

    public void Begin() => _begun++;

    public void Pay(TurnUsage used)
    {
        _ended++;
        Spent = Spent.Plus(used);
    }

    private bool Exceeds(long spent, long? bound) =>
        bound is { } most && (spent >= most || (_ended > 0 && spent + ((_begun - _ended + 1) * (decimal)spent / _ended) > most));
}
