using Agents.Conversation.Jobs;
using Agents.Conversation.Turns.Logs;
using Agents.Defaults.Ledgers;
using Agents.Defaults.Paging;
using Agents.Defaults.State;
using Agents.Testing.Ledgers;
using Dapr;
using Xunit;

namespace Agents.Conversation.Tests.Jobs;

/// <summary>Jobs that are submitted more than once, because the store failed in between or a replica was taken for dead too soon.</summary>
public sealed class JobStoreTests : IDisposable
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch.AddDays(20_000);

    private readonly FailingStore _store = new();
    private readonly JobStore _jobs;

    public JobStoreTests()
    {
        var stores = new Stores(_store.Client(), TimeProvider.System);
        var ledgers = new LedgerSet(stores, TimeProvider.System);
        _jobs = new JobStore(stores, ledgers, new TurnLogs(stores, ledgers), TimeProvider.System);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _store.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_job_whose_submission_was_cut_anywhere_is_listed_once_when_it_is_submitted_again(int writes)
    {
        _store.AwayAfter(writes);
        try
        {
            await _jobs.CreateAsync(Job(), Token);
        }
        catch (DaprException)
        {
            // Cut.
        }
        _store.Back();

        await _jobs.CreateAsync(Job(), Token);

        Assert.Single(await ListAsync());
    }

    [Fact]
    public async Task A_submission_is_not_taken_back_once_there_is_another_one()
    {
        Assert.True(await _jobs.CreateAsync(Job(), Token));
        Assert.False(await _jobs.CreateAsync(Job(), Token));

        Assert.False(await _jobs.WithdrawAsync(Job(), Token));
        Assert.Single(await ListAsync());
    }

    [Fact]
    public async Task A_submission_that_was_taken_back_may_come_again_as_the_first()
    {
        Assert.True(await _jobs.CreateAsync(Job(), Token));
        Assert.True(await _jobs.WithdrawAsync(Job(), Token));
        Assert.Empty(await ListAsync());
        Assert.True(await _jobs.CreateAsync(Job(), Token));
        Assert.True(await _jobs.WithdrawAsync(Job(), Token));
    }

    [Fact]
    public async Task What_a_worker_has_begun_is_not_taken_back()
    {
        var job = Job();
        await _jobs.CreateAsync(job, Token);
        await _jobs.UpdateAsync(job, current => current.Begin(0, 1, 1, "worker", Start), Token);

        Assert.False(await _jobs.WithdrawAsync(job, Token));
        await _jobs.CreateAsync(job, Token);
        Assert.Equal(JobStatus.Running, Assert.Single(await ListAsync()).Status);
    }

    private static JobRecord Job() =>
        new("job_0123456789abcdef0123456789abcdef", "tenant", JobKind.Turn, "default", 1, "standard", "x", Start, Start.AddDays(1), 86_400);

    private async Task<IReadOnlyList<JobRecord>> ListAsync() =>
        (await _jobs.PageAsync("tenant", new PageQuery(10, null, "desc"), dead: false, _ => true, Token)).Data;
}
