using Agents.Defaults.Ledgers;
using Agents.Defaults.State;
using Dapr.Client;

namespace Agents.Analytics.Tests.Archive;

/// <summary>An archive grows for years; what a ledger costs must not.</summary>
public sealed class LongLedgerTests(AnalyticsStack stack)
{
    private const int Portion = 256;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_ledger_of_very_many_pages_keeps_a_small_head_and_reads_back_whole()
    {
        using var dapr = new DaprClientBuilder()
            .UseHttpEndpoint($"http://127.0.0.1:{stack.Replicas[0].DaprHttpPort}").UseDaprApiToken(stack.Host.DaprApiToken)
            .UseJsonSerializationOptions(Defaults.Api.Json.Options).Build();
        var key = $"test/{Guid.CreateVersion7():N}";
        var ledger = new LedgerSet(new Stores(dapr, TimeProvider.System), TimeProvider.System).Get<int>(key);

        const int portions = 150;
        for (var i = 0; i < portions; i++)
            Assert.Equal(i * Portion, await ledger.AppendAsync([.. Enumerable.Range(i * Portion, Portion)], Token));

        Assert.Equal(portions * Portion, await ledger.CountAsync(Token));
        var head = await dapr.GetStateAsync<System.Text.Json.JsonElement>(Stores.MainName, key, cancellationToken: Token);
        Assert.InRange(head.GetProperty("v").GetProperty("pages").GetArrayLength(), 1, 70);
        int[] starts = [0, 1, Portion - 1, Portion, 64 * Portion - 1, 64 * Portion, 100 * Portion + 17, portions * Portion - 3, portions * Portion];
        foreach (var from in starts)
        {
            var slice = await ledger.ReadAsync(from, 5_000, Token);
            Assert.Equal(Enumerable.Range(from, Math.Min(5_000, portions * Portion - from)), slice.Entries);
        }
    }
}
