using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using Agents.Conformance.Processes;

namespace Agents.Conformance.Behaviour;

/// <summary>Resources that change while messages flow, with the feature <c>HotReload</c>.</summary>
public class HotReloadTests
{
    private const string Configuration = """
        apiVersion: dapr.io/v1alpha1
        kind: Configuration
        metadata: { name: c }
        spec:
          features:
          - { name: HotReload, enabled: true }
        """;

    [Fact]
    public async Task Changed_resources_are_taken_bad_ones_are_refused_as_a_whole_and_no_message_is_lost()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var world = new World();
        world.AddSqlite();
        Vault(world, "first");
        File.WriteAllText(world.Place.PathTo("config.yaml"), Configuration);
        var seen = new ConcurrentBag<int>();
        world.AddSubscriber(
            "app",
            [World.Subscription("events", "/events")],
            (call, _) =>
            {
                seen.Add(int.Parse(JsonNode.Parse(call.Text)!["data"]!.ToString(), CultureInfo.InvariantCulture));
                return Task.Delay(20, cancel);
            },
            "  configFilePath: ./config.yaml\n");
        await world.StartAsync(cancel);
        var api = world.Api();
        Assert.Equal("first", await SecretAsync(api, cancel));

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var publishing = PublishAsync(api, seen, enough.Token, cancel);
        Vault(world, "second");
        world.Place.AddComponent("pubsub", "pubsub.sqlite", ("connectionString", world.Place.PathTo("messages.db")), ("concurrency", "3"));
        await Wait.UntilAsync(async () => await SecretAsync(api, cancel) == "second", "the new secret is given", cancel);

        world.Place.AddResource("more", "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata:\n  name: more\nspec:\n  type: state.redis\n  version: v1\n");
        Vault(world, "third");
        await Wait.UntilAsync(() => world.Runtime.Log.Contains("'state.redis' is not supported", StringComparison.Ordinal), "the mistake is named", cancel);
        Assert.Equal("second", await SecretAsync(api, cancel));
        await api.SaveAsync("store", "k", "v", cancel);

        world.Place.AddComponent("more", "state.in-memory");
        await Wait.UntilAsync(async () => await SecretAsync(api, cancel) == "third", "with the mistake mended, everything is taken", cancel);
        await api.SaveAsync("more", "k", "v", cancel);
        await enough.CancelAsync();
        var published = await publishing;
        await Wait.UntilAsync(() => seen.Distinct().Count() == published, "every message came", cancel);
    }

    /// <summary>As fast as deliveries keep up.</summary>
    private static async Task<int> PublishAsync(Api api, ConcurrentBag<int> seen, CancellationToken enough, CancellationToken cancel)
    {
        var published = 0;
        while (!enough.IsCancellationRequested)
        {
            await api.PublishAsync("pubsub", "events", $"{published++}", cancel);
            await Wait.UntilAsync(() => published - seen.Count < 50, "deliveries go on", cancel);
        }

        return published;
    }

    private static void Vault(World world, string value)
    {
        File.WriteAllText(world.Place.PathTo("secrets.json"), new JsonObject { ["key"] = value }.ToJsonString());
        world.Place.AddComponent("vault", "secretstores.local.file", ("secretsFile", world.Place.PathTo("secrets.json")));
    }

    private static async Task<string> SecretAsync(Api api, CancellationToken cancel) =>
        JsonNode.Parse(await api.Http.GetStringAsync("/v1.0/secrets/vault/key", cancel))!["key"]!.GetValue<string>();
}
