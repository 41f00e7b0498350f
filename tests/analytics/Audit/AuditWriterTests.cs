using System.Globalization;
using Agents.Analytics.Archive;
using Agents.Analytics.Audit;
using Agents.Analytics.Tests.Folding;
using Agents.Contracts;
using Dapr;

namespace Agents.Analytics.Tests.Audit;

/// <summary>Chains as replicas write them that die and are only paused.</summary>
public sealed class AuditWriterTests
{
    private static readonly DateTimeOffset Noon = SomeEvents.Noon;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1), InlineData(2), InlineData(3), InlineData(4), InlineData(5), InlineData(6)]
    public async Task Each_entry_is_linked_once_whoever_dies(int seed)
    {
        var random = new Random(seed);
        using var world = new FoldWorld(Noon);
        var archiver = world.New("a");
        var (folder, left) = (world.New("f"), new List<Replica>());
        await world.LeadAsync(folder, Token);
        var written = new List<ArchivedEvent>();
        for (var n = 0; n < 80; n++)
        {
            written.Add(Entry(n));
            // Some come again, also much later.
            await archiver.Archive.AppendAsync([written[^1], written[random.Next(written.Count)]], Token);
            world.Clock.Pass(TimeSpan.FromSeconds(random.Next(4)));
            try
            {
                if (left.Count > 0 && random.Next(3) == 0)
                    await left[random.Next(left.Count)].Folder.RoundAsync(true, Token);
                await folder.Folder.RoundAsync(true, Token);
                if (random.Next(8) > 0)
                    continue;
                left.Add(folder);
                folder = world.New("f", random.Next(2) == 0 ? random.Next(60, 300) : int.MaxValue);
                await world.LeadAsync(folder, Token);
            }
            catch (Exception exception) when (exception is DaprException or HttpRequestException or Agents.Defaults.Errors.ProblemException)
            {
                // Dead, or no longer the one who writes: another one goes on.
                folder.Folder.Forget();
                folder = world.New("f");
                await world.LeadAsync(folder, Token);
            }
        }
        var last = world.New("last");
        await world.LeadAsync(last, Token);
        await last.Folder.RoundAsync(true, Token);

        var chain = await AllAsync(last);
        Assert.Equal(written.Select(entry => entry.Id).Order(StringComparer.Ordinal), chain.Select(line => line.Link.Id).Order(StringComparer.Ordinal));
        Assert.True(Check(chain).Intact);
    }

    [Fact]
    public async Task Erasing_a_users_entries_leaves_the_chain_intact_and_those_of_others_there()
    {
        using var world = new FoldWorld(Noon);
        var replica = world.New("a");
        await world.LeadAsync(replica, Token);
        await replica.Archive.AppendAsync([.. Enumerable.Range(0, 30).Select(Entry)], Token);
        await replica.Folder.RoundAsync(true, Token);
        Assert.Equal(10, await replica.Audit.EraseAsync("acme", "user-1", Token));
        Assert.Equal(0, await replica.Audit.EraseAsync("other", "user-1", Token));
        var chain = await AllAsync(replica);
        var verdict = Check(chain);
        Assert.Equal((true, 30L, 10L), (verdict.Intact, verdict.Entries, verdict.Erased));
        Assert.DoesNotContain(chain, line => line.Content?.Read().User == "user-1");
        Assert.Equal("key-3", chain.Single(line => line.Link.Id == "entry-3").Content!.Read().Actor);
    }

    private static ArchivedEvent Entry(int n) => SomeEvents.Archived(new AuditRecorded(
        "acme", Noon.AddSeconds(n), $"entry-{n}", string.Create(CultureInfo.InvariantCulture, $"key-{n}"), "agent.update", "agent/support", null, null, $"user-{n % 3}"));

    private static AuditVerdict Check(IReadOnlyList<AuditLine> chain)
    {
        var check = new AuditCheck(0, AuditChain.Start);
        foreach (var line in chain)
            check.Add(line);
        return check.Verdict(hasMore: false);
    }

    private static async Task<IReadOnlyList<AuditLine>> AllAsync(Replica replica)
    {
        var (links, contents) = await replica.Audit.ReadAsync("acme", 0, 500, Token);
        return [.. links.Entries.Select((link, n) => new AuditLine(n, link, contents[n]))];
    }
}
