using Xunit;

namespace Agents.Inference.Tests.Accounts;

/// <summary>
/// Never over budget; ledger = events + unattributed; nothing unattributed without a death; no lease blocks for longer than ten seconds.
/// <c>AGENTS_BUDGET_HISTORIES=N</c> runs as many, <c>AGENTS_BUDGET_SEED=S</c> begins with that seed.
/// </summary>
public sealed class BudgetHistoryTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_budget_is_never_exceeded_and_every_unit_is_accounted_for(bool kills, bool faults)
    {
        var histories = Number("AGENTS_BUDGET_HISTORIES", 3);
        var first = Number("AGENTS_BUDGET_SEED", 1);
        for (var seed = first; seed < first + histories; seed++)
        {
            var history = await Task.Run(() => BudgetHistory.RunAsync(seed, new HistoryOptions(kills, faults)), TestContext.Current.CancellationToken);
            Assert.True(history.Violations.Count == 0, $"seed {seed}, kills {kills}, faults {faults}:\n{string.Join('\n', history.Violations.Take(5))}");
            Assert.True(history.Spent > 0, $"seed {seed}: nothing was spent");
        }
    }

    [Theory]
    [InlineData(nameof(Flaw.IgnoresETags))]
    [InlineData(nameof(Flaw.LosesEvents))]
    [InlineData(nameof(Flaw.NobodyIsBuried))]
    public async Task A_flaw_in_what_the_accounts_stand_on_is_noticed(string flaw)
    {
        var options = new HistoryOptions(Kills: true, Faults: true, Enum.Parse<Flaw>(flaw));
        var noticed = 0;
        for (var seed = 1; seed <= 4; seed++)
            noticed += (await Task.Run(() => BudgetHistory.RunAsync(seed, options), TestContext.Current.CancellationToken)).Violations.Count > 0 ? 1 : 0;
        Assert.True(noticed > 0, $"none of 4 histories shows that the store {flaw}");
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_history()
    {
        var options = new HistoryOptions(Kills: true, Faults: true);
        var one = await Task.Run(() => BudgetHistory.RunAsync(7, options), TestContext.Current.CancellationToken);
        var other = await Task.Run(() => BudgetHistory.RunAsync(7, options), TestContext.Current.CancellationToken);
        Assert.Equal((one.Spent, one.Refused, one.Deaths, one.Unattributed), (other.Spent, other.Refused, other.Deaths, other.Unattributed));
    }

    private static int Number(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), out var number) ? number : otherwise;
}
