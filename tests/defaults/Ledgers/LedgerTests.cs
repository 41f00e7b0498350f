using System.Net;
using System.Text;
using Agents.Defaults.Errors;
using Agents.Defaults.Ledgers;
using Agents.Defaults.State;
using Agents.Testing.Ledgers;
using Xunit;

namespace Agents.Defaults.Tests.Ledgers;

public sealed class LedgerTests : IDisposable
{
    private static readonly LedgerLimits Small = new(2, 1_000, 2);

    private readonly TestClock _clock = new();
    private readonly RedisLikeStore _store;
    private readonly LedgerSet _ledgers;

    public LedgerTests()
    {
        _store = new RedisLikeStore(_clock);
        _ledgers = NewReplica();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task Positions_stand_while_entries_move_to_pages_and_pages_of_pages()
    {
        var ledger = _ledgers.Get<int>("l");
        for (var i = 0; i < 40; i++)
            Assert.Equal(i, await ledger.AppendAsync([i], Token));
        Assert.Contains(_store.Keys, key => key.EndsWith(".3", StringComparison.Ordinal));
        for (var from = 0; from < 42; from++)
        {
            var slice = await NewReplica().Get<int>("l").ReadAsync(from, 7, Token);
            Assert.Equal(Enumerable.Range(from, Math.Clamp(40 - from, 0, 7)), slice.Entries);
            Assert.Equal((from, 40), (slice.First, slice.End));
        }
    }

    [Fact]
    public async Task Whoever_takes_over_is_the_only_one_who_appends()
    {
        var shared = _ledgers.Get<string>("l");
        await shared.AppendAsync(["everybody"], Token);
        var first = await shared.TakeOverAsync(1, Token);
        await first.AppendAsync(["first"], Token);

        var second = await NewReplica().Get<string>("l").TakeOverAsync((await shared.ReadAsync(0, 1, Token)).Fence + 1, Token);
        await second.AppendAsync(["second"], Token);

        Assert.Equal((1, 2, false), Parts(await Assert.ThrowsAsync<LedgerFencedException>(() => first.AppendAsync(["late"], Token))));
        Assert.Equal((0, 2, false), Parts(await Assert.ThrowsAsync<LedgerFencedException>(() => shared.AppendAsync(["late"], Token))));
        await Assert.ThrowsAsync<LedgerFencedException>(() => shared.TakeOverAsync(2, Token));
        Assert.Equal(["everybody", "first", "second"], (await shared.ReadAsync(0, 10, Token)).Entries);
    }

    [Fact]
    public async Task Of_many_who_ask_for_the_same_fence_one_gets_it()
    {
        var takers = Enumerable.Range(0, 8).Select(async _ =>
        {
            try
            {
                return await NewReplica().Get<string>("l").TakeOverAsync(1, Token);
            }
            catch (LedgerFencedException)
            {
                // One of the seven.
                return null;
            }
        });
        Assert.Single((await Task.WhenAll(takers)).OfType<Ledger<string>>());
    }

    [Fact]
    public async Task A_deleted_ledger_leaves_only_a_tombstone_and_that_for_a_day()
    {
        var ledger = _ledgers.Get<int>("l");
        for (var i = 0; i < 30; i++)
            await ledger.AppendAsync([i], Token);
        await using var follower = ledger.FollowAsync(30, Token).GetAsyncEnumerator(Token);

        await ledger.DeleteAsync(Token);
        await ledger.DeleteAsync(Token);

        Assert.Equal(["l"], _store.Keys);
        Assert.True((await Assert.ThrowsAsync<LedgerFencedException>(() => ledger.AppendAsync([1], Token))).Deleted);
        Assert.True((await Assert.ThrowsAsync<LedgerFencedException>(() => ledger.TakeOverAsync(9, Token))).Deleted);
        var slice = await ledger.ReadAsync(0, 10, Token);
        Assert.True(slice.Deleted);
        Assert.Empty(slice.Entries);
        Assert.Equal(0, await ledger.CountAsync(Token));
        Assert.False(await follower.MoveNextAsync());
        _clock.Pass(TimeSpan.FromHours(25));
        Assert.Empty(_store.Keys);
    }

    [Fact]
    public async Task A_ledger_that_expires_is_whole_until_its_last_append_is_too_old_and_then_gone()
    {
        var keep = TimeSpan.FromHours(1);
        var ledger = _ledgers.Get<int>("l", keep: keep);
        for (var i = 0; i < 40; i++)
        {
            await ledger.AppendAsync([i], Token);
            _clock.Pass(TimeSpan.FromMinutes(25));
            Assert.Equal(Enumerable.Range(0, i + 1), (await ledger.ReadAsync(0, 100, Token)).Entries);
        }
        var owned = await ledger.TakeOverAsync(1, Token);
        _clock.Pass(keep);
        Assert.Equal(0, await ledger.CountAsync(Token));
        await Assert.ThrowsAsync<LedgerFencedException>(() => owned.AppendAsync([1], Token));
        _clock.Pass(keep);
        Assert.Empty(_store.Keys);
    }

    [Fact]
    public async Task A_follower_sees_what_is_there_and_what_comes()
    {
        var ledger = new LedgerSet(new Stores(_store.Client(), TimeProvider.System), TimeProvider.System) { Limits = Small }.Get<int>("l");
        await ledger.AppendAsync([0, 1, 2], Token);
        var seen = new List<int>();
        await foreach (var slice in ledger.FollowAsync(1, Token))
        {
            Assert.Equal(1 + seen.Count, slice.First);
            seen.AddRange(slice.Entries);
            if (seen.Count < 6)
                await ledger.AppendAsync([(int)slice.Next, (int)slice.Next + 1], Token);
            else
                break;
        }
        Assert.Equal(Enumerable.Range(1, 6), seen);
    }

    [Fact]
    public async Task Refuses_an_append_that_is_empty_or_too_large()
    {
        var ledger = _ledgers.Get<string>("l");
        foreach (var entries in new[] { [], Enumerable.Repeat("x", 257).ToArray(), [new string('x', 65 * 1024)] })
            Assert.Equal(413, (await Assert.ThrowsAsync<ProblemException>(() => ledger.AppendAsync(entries, Token))).Problem.Status);
        Assert.Throws<ArgumentOutOfRangeException>(() => _ledgers.Get<string>("short", keep: TimeSpan.FromSeconds(1)));
    }

    /// <summary>The stand-in answers what daprd over Redis answered.</summary>
    [Fact]
    public async Task The_store_of_these_tests_behaves_as_the_recorded_one()
    {
        using var http = new HttpMessageInvoker(_store, disposeHandler: false);
        const string firstWrite = "\"options\":{\"concurrency\":\"first-write\"}";
        Assert.Equal(HttpStatusCode.NoContent, await SaveAsync("""[{"key":"e1","value":"v1"}]"""));
        Assert.Equal(HttpStatusCode.NoContent, await SaveAsync($$"""[{"key":"e1","value":"v2","etag":"1",{{firstWrite}}}]"""));
        Assert.Equal(HttpStatusCode.Conflict, await SaveAsync($$"""[{"key":"e1","value":"v3","etag":"1",{{firstWrite}}}]"""));
        Assert.Equal(HttpStatusCode.InternalServerError, await SaveAsync($$"""[{"key":"e1","value":"v6",{{firstWrite}}}]"""));
        Assert.Equal(HttpStatusCode.NoContent, await SaveAsync($$"""[{"key":"fw1","value":"v1",{{firstWrite}}}]"""));
        Assert.Equal(HttpStatusCode.NoContent, await SaveAsync($$"""[{"key":"none","value":"v2","etag":"1",{{firstWrite}}}]"""));
        using var found = await http.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/v1.0/state/statestore/e1"), Token);
        Assert.Equal(("\"v2\"", "2"), (await found.Content.ReadAsStringAsync(Token), found.Headers.NonValidated["ETag"].ToString()));

        async Task<HttpStatusCode> SaveAsync(string body)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1.0/state/statestore") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            using var response = await http.SendAsync(request, Token);
            return response.StatusCode;
        }
    }

    private static (long, long, bool) Parts(LedgerFencedException exception) => (exception.Held, exception.Current, exception.Deleted);

    private LedgerSet NewReplica() => new(new Stores(_store.Client(), _clock), _clock) { Limits = Small };
}
