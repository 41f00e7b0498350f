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
        var ledger = new LedgerSet(new Stores(store.Client(), TimeProvider.System), TimeProvider.System).Get<string>("list");
        // Most follow from something else and are in no order; some are ordered by time.
        var random = new Random(8);
        List<string> ids = [.. Enumerable.Range(0, 1_500).Select(n => n % 5 == 0 ? $"job_{n:d8}" : $"job_{random.Next():x8}").Distinct()];
        foreach (var some in ids.Chunk(100))
            await ledger.AppendAsync(some, token);
        var listing = new Listing(ledger);

        var seen = new List<string>();
        for (string? after = null; ;)
        {
            var page = await listing.PageAsync(
                new PageQuery(100, after, order), (wanted, _) => Task.FromResult(wanted), id => id, token);
            seen.AddRange(page.Data);
            if (!page.HasMore)
                break;
            after = page.LastId;
        }

        Assert.Equal(order == "asc" ? ids : ids.AsEnumerable().Reverse(), seen);
    }
}
