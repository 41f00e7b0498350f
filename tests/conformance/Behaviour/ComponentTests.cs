using System.Net;
using System.Text.Json.Nodes;
using Agents.Conformance.Processes;
using Agents.Testing;

namespace Agents.Conformance.Behaviour;

/// <summary>Key prefixes, references to secrets and environment, scopes, configuration, run file paths.</summary>
public class ComponentTests
{
    [Theory]
    [InlineData("", "one", null)]
    [InlineData("appid", "one", null)]
    [InlineData("name", "one", "one")]
    [InlineData("none", "one", "one")]
    [InlineData("shared", "one", "one")]
    [InlineData("namespace", "one", null)]
    public async Task A_key_prefix_decides_who_sees_a_key(string prefix, string seenByOne, string? seenByTwo)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var world = new World();
        world.Place.AddComponent("store", "state.sqlite", ("connectionString", world.Place.PathTo("s.db")), ("keyPrefix", prefix));
        world.AddCaller("one", "  env:\n    NAMESPACE: first\n");
        world.AddCaller("two", "  env:\n    NAMESPACE: second\n");
        await world.StartAsync(cancel);
        await world.Api(0).SaveAsync("store", "k", "one", cancel);
        Assert.Equal(seenByOne, await world.Api(0).GetAsync("store", "k", cancel));
        Assert.Equal(seenByTwo, await world.Api(1).GetAsync("store", "k", cancel));
    }

    [Fact]
    public async Task Values_come_from_secrets_and_environment_and_components_go_to_the_apps_in_their_scope()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var world = new World();
        File.WriteAllText(world.Place.PathTo("secrets.json"), new JsonObject { ["db"] = world.Place.PathTo("from-secret.db"), ["hidden"] = "h" }.ToJsonString());
        world.Place.AddComponent("vault", "secretstores.local.file", ("secretsFile", world.Place.PathTo("secrets.json")));
        world.Place.AddResource("a", Store("bysecret", "secretKeyRef: { name: db }", "auth: { secretStore: vault }\nscopes: [one]\n"));
        world.Place.AddResource("b", Store("byenv", "envRef: MY_DATABASE", ""));
        File.WriteAllText(world.Place.PathTo("config.yaml"), """
            apiVersion: dapr.io/v1alpha1
            kind: Configuration
            metadata: { name: c }
            spec:
              tracing: { samplingRate: "1" }
              secrets:
                scopes:
                - { storeName: vault, defaultAccess: deny, allowedSecrets: [db] }
            """);
        var variable = $"  env:\n    MY_DATABASE: {world.Place.PathTo("from-env.db")}\n";
        world.AddCaller("one", $"  configFilePath: ./config.yaml\n{variable}");
        world.AddCaller("two", variable);
        await world.StartAsync(cancel);
        var (one, two) = (world.Api(0), world.Api(1));
        await one.SaveAsync("bysecret", "k", "v", cancel);
        await one.SaveAsync("byenv", "k", "v", cancel);
        Assert.True(File.Exists(world.Place.PathTo("from-secret.db")));
        Assert.True(File.Exists(world.Place.PathTo("from-env.db")));
        Assert.Equal(HttpStatusCode.BadRequest, await two.TrySaveAsync("bysecret", "k", "v", cancel));

        using var denied = await one.Http.GetAsync("/v1.0/secrets/vault/hidden", cancel);
        Assert.Equal((HttpStatusCode.Forbidden, "ERR_PERMISSION_DENIED"), (denied.StatusCode, await Api.ErrorCodeAsync(denied, cancel)));
        Assert.Equal(["db"], JsonNode.Parse(await one.Http.GetStringAsync("/v1.0/secrets/vault/bulk", cancel))!.AsObject().Select(secret => secret.Key));
        Assert.Equal(HttpStatusCode.OK, (await two.Http.GetAsync("/v1.0/secrets/vault/hidden", cancel)).StatusCode);
    }

    [Fact]
    public async Task Paths_of_an_app_start_at_its_folder_and_common_ones_at_the_run_file()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var place = new Workplace();
        foreach (var (folder, store) in (ReadOnlySpan<(string, string)>)[("resources", "common"), ("app/own", "own")])
        {
            Directory.CreateDirectory(place.PathTo(folder));
            File.WriteAllText(Path.Combine(place.PathTo(folder), "c.yaml"), $"kind: Component\nmetadata: {{ name: {store} }}\nspec: {{ type: state.in-memory }}\n");
        }

        int[] ports = [Ports.Next(), Ports.Next()];
        await File.WriteAllTextAsync(place.PathTo("dapr.yaml"), $"""
            version: 1
            common:
              resourcesPath: resources
            apps:
            - appDirPath: app
              resourcesPaths: [own]
              daprHTTPPort: {ports[0]}
            - appID: other
              appDirPath: app
              daprHTTPPort: {ports[1]}
            """, cancel);
        await using var runtime = await RuntimeProcess.StartAsync(["-f", place.PathTo("dapr.yaml")], folder: Path.GetTempPath());
        Assert.Equal(("app", "own"), await MetadataAsync(ports[0], cancel));
        Assert.Equal(("other", "common"), await MetadataAsync(ports[1], cancel));
    }

    private static async Task<(string Id, string Store)> MetadataAsync(int port, CancellationToken cancel)
    {
        using var api = new Api(port);
        var metadata = JsonNode.Parse(await api.Http.GetStringAsync("/v1.0/metadata", cancel))!;
        return (metadata["id"]!.GetValue<string>(), metadata["components"]!.AsArray().Single()!["name"]!.GetValue<string>());
    }

    private static string Store(string name, string source, string rest) =>
        $"apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata:\n  name: {name}\nspec:\n  type: state.sqlite\n  version: v1\n  metadata:\n  - name: connectionString\n    {source}\n{rest}";
}
