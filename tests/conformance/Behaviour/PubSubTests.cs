using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Agents.Conformance.Processes;

namespace Agents.Conformance.Behaviour;

public class PubSubTests
{
    [Fact]
    public async Task Replicas_of_an_app_share_the_messages_and_other_apps_get_their_own_copy()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var world = new World();
        world.AddSqlite();
        world.AddCaller("publisher");
        var replicas = Enumerable.Range(0, 2).Select(_ => world.AddSubscriber("workers", [World.Subscription("jobs", "/jobs")], (_, _) => Task.Delay(5, cancel))).ToList();
        var other = world.AddSubscriber("audit", [World.Subscription("jobs", "/jobs")], (_, _) => Task.CompletedTask);
        await world.StartAsync(cancel);
        var api = world.Api();
        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => api.PublishAsync("pubsub", "jobs", $"{i}", cancel)));
        await Wait.UntilAsync(() => replicas.Sum(replica => Data(replica, "/jobs").Count()) >= 100 &&
            Data(other, "/jobs").Count() >= 100, "all messages came", cancel);
        Assert.Equal(Enumerable.Range(0, 100), replicas.SelectMany(replica => Data(replica, "/jobs")).Select(int.Parse).Order());
        Assert.Equal(Enumerable.Range(0, 100), Data(other, "/jobs").Select(int.Parse).Order());
        Assert.All(replicas, replica => Assert.NotEmpty(Data(replica, "/jobs")));
    }

    [Fact]
    public async Task A_failing_message_is_kept_and_tried_again_and_holds_up_no_other()
    {
        var cancel = TestContext.Current.CancellationToken;
        var attempts = new ConcurrentQueue<long>();
        await using var world = new World();
        world.AddSqlite();
        var app = world.AddSubscriber("app", [World.Subscription("events", "/events")], (call, http) =>
        {
            if (!call.Text.Contains("poison", StringComparison.Ordinal)) return Task.CompletedTask;
            attempts.Enqueue(TimeProvider.System.GetTimestamp());
            if (attempts.Count < 3) http.Response.StatusCode = 500;
            return Task.CompletedTask;
        });
        await world.StartAsync(cancel);
        var api = world.Api();
        await api.PublishAsync("pubsub", "events", "\"poison\"", cancel);
        for (var i = 0; i < 40; i++) await api.PublishAsync("pubsub", "events", $"{i}", cancel);
        await Wait.UntilAsync(() => Data(app, "/events").Count(data => data != "poison") == 40, "the others came", cancel);
        Assert.True(attempts.Count < 3, "the others waited for the failing one");
        await Wait.UntilAsync(() => attempts.Count == 3, "the failing message was tried again until it was taken", cancel);
        var times = attempts.ToArray();
        Assert.InRange(TimeProvider.System.GetElapsedTime(times[0], times[1]).TotalSeconds, 0.9, 1.9);
        Assert.InRange(TimeProvider.System.GetElapsedTime(times[1], times[2]).TotalSeconds, 1.9, 3.9);
    }

    [Fact]
    public async Task A_long_backlog_is_drained_with_all_its_failing_messages()
    {
        const int Batches = 6;
        const int BatchSize = 500;
        var cancel = TestContext.Current.CancellationToken;
        var (refused, taken) = (new ConcurrentDictionary<int, bool>(), new ConcurrentDictionary<int, bool>());
        await using var world = new World();
        world.AddSqlite();
        world.AddCaller("publisher");
        var app = world.AddSubscriber("app", [World.Subscription("events", "/events")], (call, http) =>
        {
            var number = JsonNode.Parse(call.Body)!["data"]!.GetValue<int>();
            if (number % 5 == 0 && refused.TryAdd(number, true)) http.Response.StatusCode = 500;
            else taken[number] = true;
            return Task.CompletedTask;
        });
        await world.StartAsync(cancel);

        // The app is known and away while the backlog grows.
        await app.StopAsync();
        for (var batch = 0; batch < Batches; batch++)
        {
            var entries = new JsonArray([.. Enumerable.Range(batch * BatchSize, BatchSize).Select(number =>
                new JsonObject { ["entryId"] = $"{number}", ["event"] = number, ["contentType"] = "application/json" })]);
            using var response = await world.Api().Http.PostAsync("/v1.0/publish/bulk/pubsub/events", new StringContent(entries.ToJsonString()), cancel);
            Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        }

        await app.StartAsync();
        await Wait.UntilAsync(() => taken.Count == Batches * BatchSize, "every message was taken", cancel, seconds: 30);
        Assert.Equal(Batches * BatchSize / 5, refused.Count);
        Assert.Equal(taken.Count + refused.Count, app.CallsTo("/events").Count());
    }

    [Fact]
    public async Task An_app_that_goes_away_costs_no_attempt_and_its_new_subscriptions_are_read_when_it_comes_back()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var world = new World();
        world.AddSqlite();
        world.AddCaller("publisher");
        var subscription = World.Subscription("events", "/events");
        subscription["deadLetterTopic"] = "dead";
        JsonArray subscriptions = [subscription, World.Subscription("dead", "/dead")];
        var blocked = new TaskCompletionSource();
        var app = world.AddSubscriber("app", subscriptions, async (call, http) =>
        {
            // The first delivery is under way when the app dies.
            if (call.Path == "/events" && !blocked.Task.IsCompleted)
                await Task.WhenAny(blocked.Task, Task.Delay(Timeout.Infinite, http.RequestAborted));
        });
        await world.StartAsync(cancel);
        var api = world.Api();
        await api.PublishAsync("pubsub", "events", "\"under way\"", cancel);
        await Wait.UntilAsync(() => Data(app, "/events").Any(), "the app was called", cancel);
        await app.StopAsync();
        for (var i = 0; i < 5; i++) await api.PublishAsync("pubsub", "events", $"\"waiting {i}\"", cancel);
        await api.PublishAsync("pubsub", "news", "\"before anybody asked\"", cancel);

        blocked.SetResult();
        app.Calls.Clear();
        subscriptions.Add(World.Subscription("news", "/news"));
        await app.StartAsync();
        await Wait.UntilAsync(() => Data(app, "/events").Distinct().Count() == 6, "every message came after the return", cancel);
        await Wait.UntilAsync(() => Data(app, "/news").Any(), "the new subscription got the retained message", cancel);
        Assert.Empty(Data(app, "/dead"));
    }

    [Fact]
    public async Task Topic_scopes_refuse_what_they_do_not_allow()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var world = new World();
        world.Place.AddComponent(
            "pubsub", "pubsub.sqlite", ("connectionString", world.Place.PathTo("messages.db")), ("allowedTopics", "a,b,c"), ("protectedTopics", "c"),
            ("publishingScopes", "writer=a,c;nobody="), ("subscriptionScopes", "reader=b"));
        world.AddCaller("writer");
        world.AddCaller("nobody");
        world.AddCaller("anybody");
        var reader = world.AddSubscriber("reader", [World.Subscription("a", "/a"), World.Subscription("b", "/b")], (_, _) => Task.CompletedTask);
        await world.StartAsync(cancel);
        var expected = new Dictionary<string, int[]> { ["a"] = [204, 403, 204], ["b"] = [403, 403, 204], ["c"] = [204, 403, 403], ["d"] = [403, 403, 403] };
        foreach (var (topic, statuses) in expected)
        {
            for (var app = 0; app < 3; app++)
            {
                using var response = await world.Api(app).TryPublishAsync("pubsub", topic, $"\"{topic}\"", cancel);
                Assert.Equal((topic, app, statuses[app]), (topic, app, (int)response.StatusCode));
            }
        }

        await Wait.UntilAsync(() => Data(reader, "/b").Any(), "the allowed subscription works", cancel);
        Assert.Empty(Data(reader, "/a"));
    }

    [Fact]
    public async Task An_expired_message_goes_to_the_dead_letter_topic_and_not_to_its_handler()
    {
        var cancel = TestContext.Current.CancellationToken;
        var release = new TaskCompletionSource();
        await using var world = new World();
        world.Place.AddComponent("pubsub", "pubsub.sqlite", ("connectionString", world.Place.PathTo("messages.db")), ("concurrency", "1"));
        var subscription = World.Subscription("events", "/events");
        subscription["deadLetterTopic"] = "dead";
        var app = world.AddSubscriber(
            "app", [subscription, World.Subscription("dead", "/dead")],
            (call, _) => call.Path == "/events" ? release.Task : Task.CompletedTask);
        await world.StartAsync(cancel);
        var api = world.Api();
        await api.PublishAsync("pubsub", "events", "\"long\"", cancel);
        await Wait.UntilAsync(() => Data(app, "/events").Any(), "the only slot is taken", cancel);
        await api.PublishAsync("pubsub", "events", "\"short\"", cancel, "?metadata.ttlInSeconds=1");

        // Nothing shows the end of a message's life but the clock.
        await Task.Delay(TimeSpan.FromSeconds(2), cancel);
        release.SetResult();

        // The dead letter carries its expiry along and is not handled either: nobody sees an expired event.
        await Wait.UntilAsync(() => world.Runtime.Log.Contains("pubsub/dead was dropped: it has expired", StringComparison.Ordinal), "the dead letter was dropped", cancel);
        Assert.Equal(["long"], Data(app, "/events"));
    }

    [Fact]
    public async Task A_bulk_publish_is_all_or_nothing()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var world = new World();
        world.AddSqlite();
        var app = world.AddSubscriber("app", [World.Subscription("events", "/events")], (_, _) => Task.CompletedTask);
        await world.StartAsync(cancel, arguments: "--enable-fault-injection");
        var http = world.Api().Http;
        const string Entries = """[{"entryId":"1","event":1,"contentType":"application/json"},{"entryId":"2","event":2,"contentType":"application/json"}]""";
        await http.PutAsync("/v1.0-local/faults/pubsub", new StringContent("""{"mode":"down"}"""), cancel);
        using var refused = await http.PostAsync("/v1.0/publish/bulk/pubsub/events", new StringContent(Entries), cancel);
        Assert.Equal(HttpStatusCode.InternalServerError, refused.StatusCode);
        var answer = JsonNode.Parse(await refused.Content.ReadAsStringAsync(cancel))!;
        Assert.Equal(["1", "2"], answer["failedEntries"]!.AsArray().Select(entry => entry!["entryId"]!.GetValue<string>()));
        await http.DeleteAsync("/v1.0-local/faults/pubsub", cancel);
        Assert.Equal(HttpStatusCode.NoContent, (await http.PostAsync("/v1.0/publish/bulk/pubsub/events", new StringContent(Entries), cancel)).StatusCode);
        await Wait.UntilAsync(() => Data(app, "/events").Count() == 2, "both came", cancel);
    }

    private static IEnumerable<string> Data(TestApp app, string path) =>
        app.CallsTo(path).Select(call => JsonNode.Parse(call.Body)!["data"]!.ToString());
}
