using Agents.Defaults.Ledgers;
using Agents.Defaults.Paging;
using Agents.Defaults.State;
using Agents.Testing.Ledgers;
using Xunit;

namespace Agents.Defaults.Tests.Paging;

public sealed class ListingTests
{
    [Theory]
    [InlineData("desc")]
    [InlineData("asc")]
    public async Task A_list_is_paged_whole_whether_or_not_its_ids_are_in_order(string order)
    {
        var token = TestContext.Current.CancellationToken;
        using var store = new RedisLikeStore();
        var ledger = Ledger(store);
        // Most follow from something else and are in no order; some are ordered by time.
        var random = new Random(8);
        List<string> ids = [.. Enumerable.Range(0, 1_500).Select(n => n % 5 == 0 ? $"job_{n:d8}" : $"job_{random.Next():x8}").Distinct()];
        foreach (var some in ids.Chunk(100))
            await ledger.AppendAsync(some, token);
        var listing = new Listing(ledger);

        var seen = new List<string>();
        for (string? after = null; ;)
        {
            var page = await PageAsync(listing, after, order);
            seen.AddRange(page.Data);
            if (!page.HasMore)
                break;
            after = page.LastId;
        }

        Assert.Equal(order == "asc" ? ids : ids.AsEnumerable().Reverse(), seen);
    }

    [Fact]
    public async Task What_is_created_again_is_listed_once()
    {
        var token = TestContext.Current.CancellationToken;
        using var store = new RedisLikeStore();
        var listing = new Listing(Ledger(store));
        // Made a while ago, and listed at last, far behind where its time would have it.
        const string late = "sess_00000003x";
        for (var n = 0; n < 700; n++)
            await listing.AddOnceAsync($"sess_{n:d8}", () => Task.FromResult(true), token);
        await listing.AddOnceAsync(late, () => Task.FromResult(false), token);
        foreach (var again in (string[])[late, "sess_00000000", "sess_00000400", "sess_00000699"])
            await listing.AddOnceAsync(again, () => Task.FromResult(false), token);

        var page = await PageAsync(listing, null, "desc");
        Assert.Equal([late, .. Enumerable.Range(601, 99).Reverse().Select(n => $"sess_{n:d8}")], page.Data);
        page = await PageAsync(listing, late, "desc");
        Assert.Equal(Enumerable.Range(600, 100).Reverse().Select(n => $"sess_{n:d8}"), page.Data);
    }

    [Fact]
    public async Task What_several_create_at_the_same_time_is_listed_once()
    {
        var token = TestContext.Current.CancellationToken;
        using var store = new RedisLikeStore();
        Listing[] replicas = [new(Ledger(store)), new(Ledger(store)), new(Ledger(store))];
        var made = new System.Collections.Concurrent.ConcurrentDictionary<string, bool>();
        for (var n = 0; n < 100; n++)
        {
            var id = $"job_{n:x8}";
            var results = await Task.WhenAll(Enumerable.Range(0, 10).Select(at => replicas[at % replicas.Length].AddOnceAsync(id, () => CreateAsync(id), token)));
            Assert.Single(results, created => created);
        }

        var ledger = Ledger(store);
        Assert.Equal(100, await ledger.CountAsync(token));

        async Task<bool> CreateAsync(string id)
        {
            await Task.Yield();
            return made.TryAdd(id, true);
        }
    }

    private static Ledger<string> Ledger(RedisLikeStore store) =>
        new LedgerSet(new Stores(store.Client(), TimeProvider.System), TimeProvider.System).Get<string>("list");

    // Each id is its own record.
    private static Task<Page<string>> PageAsync(Listing listing, string? after, string order) => listing.PageAsync(
        new PageQuery(100, after, order), (wanted, _) => Task.FromResult(wanted), id => id, TestContext.Current.CancellationToken);
}
