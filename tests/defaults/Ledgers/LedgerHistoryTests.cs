using Agents.Testing.Ledgers;
using Xunit;

namespace Agents.Defaults.Tests.Ledgers;

/// <summary>Random histories with crashes, pauses and lost answers between any two calls; ten thousand of them run by <c>./test.sh torture ledger</c>.</summary>
public sealed class LedgerHistoryTests
{
    private const int Histories = 200;

    // Each call to a process takes a hundred times as long; both stores see what one in five histories does.
    private const int HistoriesOnRuntime = 40;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_is_lost_doubled_reordered_or_written_by_a_stale_owner_on_a_store_like_Redis()
    {
        var results = new List<HistoryResult>();
        for (var seed = 0; seed < Histories; seed++)
        {
            using var store = RedisLikeStore.New();
            results.Add(await LedgerHistory.RunAsync(store, seed, "h"));
            AssertRight(results[^1]);
        }

        // The histories hold what they are for.
        Assert.InRange(results.Sum(result => result.Acknowledged), 1_000, int.MaxValue);
        Assert.InRange(results.Sum(result => result.Refused), 100, int.MaxValue);
        Assert.InRange(results.Sum(result => result.Crashes), 100, int.MaxValue);
        Assert.InRange(results.Sum(result => result.Takeovers), 200, int.MaxValue);
        Assert.InRange(results.Count(result => result.Deleted), 10, Histories);
    }

    [Theory]
    [InlineData("state.sqlite")]
    [InlineData("state.in-memory")]
    public async Task The_same_holds_on_the_local_runtime(string type)
    {
        await using var store = await LocalStore.StartAsync(type, Token);
        for (var seed = 0; seed < HistoriesOnRuntime; seed++)
            AssertRight(await LedgerHistory.RunAsync(store.Http, seed, "h"));
    }

    /// <summary>What once went wrong: 95, settling a lost answer in a ledger that is being deleted.</summary>
    [Theory]
    [InlineData(95)]
    public async Task What_once_went_wrong_stays_right(int seed)
    {
        using var store = RedisLikeStore.New();
        AssertRight(await LedgerHistory.RunAsync(store, seed, "h"));
    }

    [Theory]
    [InlineData(Flaw.NoComparison)]
    [InlineData(Flaw.NoFenceCheck)]
    [InlineData(Flaw.NoSettling)]
    [InlineData(Flaw.HeadBeforePage)]
    [InlineData(Flaw.ForgottenWrites)]
    public async Task A_ledger_with_a_flaw_is_found_out(Flaw flaw)
    {
        for (var seed = 0; seed < Histories; seed++)
        {
            using var store = RedisLikeStore.New();
            if ((await LedgerHistory.RunAsync(store, seed, "h", flaw)).Violations.Count > 0)
                return;
        }
        Assert.Fail($"{Histories} histories with {flaw} look right.");
    }

    [Fact]
    public async Task A_seed_gives_the_same_history_again()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            using var first = RedisLikeStore.New();
            using var second = RedisLikeStore.New();
            var result = await LedgerHistory.RunAsync(first, seed, "h");
            var again = await LedgerHistory.RunAsync(second, seed, "h");
            Assert.Equal((result.Steps, result.Trace, result.Acknowledged), (again.Steps, again.Trace, again.Acknowledged));
        }
    }

    private static void AssertRight(HistoryResult result) =>
        Assert.True(result.Violations.Count == 0, $"seed {result.Seed}: {string.Join("; ", result.Violations)}");
}
