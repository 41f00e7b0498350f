using Agents.Defaults.Idempotency;
using Agents.Defaults.Replicas;
using Agents.Defaults.State;
using Agents.Testing.Ledgers;
using Dapr;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Agents.Defaults.Tests.Idempotency;

/// <summary>Whatever the store does, a key is not kept by a request that does not run.</summary>
public sealed class ClaimsTests : IDisposable
{
    private const string Key = "idempotency/tenant/key";
    private const string Request = "the request";

    private readonly TestClock _clock = new();
    private readonly FailingStore _store = new();
    private readonly ReplicaMonitor _replica;
    private readonly Claims _claims;

    public ClaimsTests()
    {
        var stores = new Stores(_store.Client(), _clock);
        _replica = new ReplicaMonitor(stores, new ServiceIdentity("app", "app", "app-0", "epoch-1", "1"), _clock, NullLogger<ReplicaMonitor>.Instance);
        _claims = new Claims(stores, _replica, _clock, NullLogger<Claims>.Instance);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _claims.Dispose();
        _replica.Dispose();
        _store.Dispose();
    }

    [Fact]
    public async Task A_claim_of_which_nobody_knows_whether_it_was_made_does_not_keep_the_key()
    {
        // The claim is written, its answer is lost, and then the store is away.
        _store.AwayAfter(writes: 1);
        await Assert.ThrowsAsync<DaprException>(() => _claims.TakeAsync(Key, Request));
        await Assert.ThrowsAsync<DaprException>(() => _claims.SettleAsync(Token));

        _store.Back();
        Assert.False((await _claims.TakeAsync(Key, Request)).Ours);
        await _claims.SettleAsync(Token);
        Assert.True((await _claims.TakeAsync(Key, Request)).Ours);
    }

    [Fact]
    public async Task A_request_that_was_cut_short_while_the_store_was_away_can_be_run_again_as_the_same_operation()
    {
        var first = await _claims.TakeAsync(Key, Request);
        _store.AwayAfter(writes: 0);
        await _claims.EndAsync(Key, first with { Owner = null });

        _store.Back();
        await _claims.SettleAsync(Token);
        var again = await _claims.TakeAsync(Key, Request);
        Assert.Equal((true, first.Operation), (again.Ours, again.Operation));
    }

    [Fact]
    public async Task An_answer_that_was_given_while_the_store_was_away_is_the_answer()
    {
        var first = await _claims.TakeAsync(Key, Request);
        _store.AwayAfter(writes: 0);
        await _claims.EndAsync(Key, first with { Status = 201 });

        _store.Back();
        await _claims.SettleAsync(Token);
        var again = await _claims.TakeAsync(Key, Request);
        Assert.Equal((false, 201), (again.Ours, again.Status));
    }

    [Fact]
    public async Task A_run_that_lost_the_key_because_its_replica_was_taken_for_dead_does_not_answer_in_the_others_place()
    {
        var first = await _claims.TakeAsync(Key, Request);
        var stores = new Stores(_store.Client(), _clock);
        var second = first with { Attempt = Guid.CreateVersion7(), Status = 201, Body = "second" };
        await stores.Main.PutAsync(Key, second, Token);

        await _claims.EndAsync(Key, first with { Status = 201, Body = "first" });
        Assert.Equal("second", (await _claims.TakeAsync(Key, Request)).Body);
    }

    [Fact]
    public async Task What_is_owed_is_left_alone_once_another_run_has_the_key()
    {
        _store.AwayAfter(writes: 0);
        await Assert.ThrowsAsync<DaprException>(() => _claims.TakeAsync(Key, Request));

        // The claim was never written; another one is.
        _store.Back();
        Assert.True((await _claims.TakeAsync(Key, Request)).Ours);
        await _claims.SettleAsync(Token);
        _clock.Pass(TimeSpan.FromMinutes(1));
        await _claims.SettleAsync(Token);
        Assert.False((await _claims.TakeAsync(Key, Request)).Ours);
    }
}
