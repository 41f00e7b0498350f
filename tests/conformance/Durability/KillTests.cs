using System.Collections.Concurrent;
using System.Net;
using Agents.Conformance.Processes;

namespace Agents.Conformance.Durability;

/// <summary>What the runtime acknowledged is there after it was killed in the middle of its work.</summary>
public class KillTests
{
    private const int Writers = 8;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Every_acknowledged_write_and_message_survives_a_kill(int seed)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var world = new World();
        world.AddSqlite();
        var app = world.AddSubscriber("app", [World.Subscription("events", "/events")], (_, _) => Task.CompletedTask);
        await world.StartAsync(cancel);
        var saved = new ConcurrentDictionary<string, string>();
        var published = new ConcurrentBag<string>();

        // Two rounds: the second kills a runtime that has recovered once.
        for (var round = 0; round < 2; round++)
        {
            var api = world.Api();
            var enough = 150 + new Random((seed * 10) + round).Next(350);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            var work = Enumerable.Range(0, Writers).Select(writer => WriteAsync(api, $"{seed}-{round}-{writer}", saved, published, stop.Token)).ToList();
            await Wait.UntilAsync(() => saved.Count + published.Count >= enough * (round + 1), "enough was acknowledged", cancel);
            await world.Runtime.KillAsync();
            await stop.CancelAsync();
            await Task.WhenAll(work);
            await world.StartRuntimeAsync(cancel);
        }

        var reader = world.Api();
        foreach (var (key, value) in saved) Assert.Equal(value, await reader.GetAsync("store", key, cancel));
        await Wait.UntilAsync(() => !published.Except(Delivered(app)).Any(), "every acknowledged message was delivered", cancel);
        Assert.NotEmpty(saved);
        Assert.NotEmpty(published);
    }

    [Fact]
    public async Task A_multi_key_transaction_is_there_as_a_whole_or_not_at_all_after_a_kill()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var world = new World();
        world.AddSqlite();
        world.AddCaller("app");
        await world.StartAsync(cancel);
        var api = world.Api();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var acknowledged = new ConcurrentBag<string>();
        var work = Enumerable.Range(0, Writers).Select(async writer =>
        {
            for (var n = 0; await TryAsync(() => TransactAsync(api, $"{writer}-{n}", stop.Token)); n++) acknowledged.Add($"{writer}-{n}");
        }).ToList();
        await Wait.UntilAsync(() => acknowledged.Count > 200, "enough was acknowledged", cancel);
        await world.Runtime.KillAsync();
        await Task.WhenAll(work);
        await world.StartRuntimeAsync(cancel);
        var reader = world.Api();
        for (var writer = 0; writer < Writers; writer++)
        {
            var a = 0;
            while (await reader.GetAsync("store", $"a-{writer}-{a}", cancel) is not null)
            {
                Assert.NotNull(await reader.GetAsync("store", $"b-{writer}-{a}", cancel));
                a++;
            }

            Assert.Null(await reader.GetAsync("store", $"b-{writer}-{a}", cancel));
            Assert.True(a >= acknowledged.Count(name => name.StartsWith($"{writer}-", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task A_message_waits_for_a_known_subscriber_over_a_restart()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var world = new World();
        world.AddSqlite();
        var app = world.AddSubscriber("app", [World.Subscription("events", "/events")], (_, _) => Task.CompletedTask);
        world.AddCaller("publisher");
        await world.StartAsync(cancel);
        await world.Api(1).PublishAsync("pubsub", "events", "\"before\"", cancel);
        await Wait.UntilAsync(() => Delivered(app).Contains("before"), "the first message came", cancel);

        await app.StopAsync();
        await world.Api(1).PublishAsync("pubsub", "events", "\"meanwhile\"", cancel);
        await world.Runtime.KillAsync();
        await app.StartAsync();
        await world.StartRuntimeAsync(cancel);

        await Wait.UntilAsync(() => Delivered(app).Contains("meanwhile"), "the waiting message came", cancel);
    }

    private static async Task WriteAsync(Api api, string name, ConcurrentDictionary<string, string> saved, ConcurrentBag<string> published, CancellationToken stop)
    {
        for (var n = 0; ; n++)
        {
            var text = $"{name}-{n}";
            if (!await TryAsync(async () => await api.TrySaveAsync("store", text, $"value of {text}", stop) == HttpStatusCode.NoContent))
                return;
            saved[text] = $"value of {text}";
            if (!await TryAsync(async () => (await api.TryPublishAsync("pubsub", "events", $"\"{text}\"", stop)).StatusCode == HttpStatusCode.NoContent)) return;
            published.Add(text);
        }
    }

    private static async Task<bool> TransactAsync(Api api, string name, CancellationToken stop)
    {
        var body = $$$"""{"operations":[{"operation":"upsert","request":{"key":"a-{{{name}}}","value":"1"}},{"operation":"upsert","request":{"key":"b-{{{name}}}","value":"2"}}]}""";
        using var response = await api.Http.PostAsync("/v1.0/state/store/transaction", new StringContent(body), stop);
        return response.StatusCode == HttpStatusCode.NoContent;
    }

    /// <summary>False when the runtime was killed under the call: nothing is known of its outcome.</summary>
    private static async Task<bool> TryAsync(Func<Task<bool>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
        {
            return false;
        }
    }

    private static IEnumerable<string> Delivered(TestApp app) =>
        app.CallsTo("/events").Select(call => System.Text.Json.Nodes.JsonNode.Parse(call.Body)!["data"]!.GetValue<string>());
}
