using Agents.Local.Topology;
using Xunit;

namespace Agents.Local.Tests.Topology;

public sealed class SolutionTests
{
    private static readonly Keys Keys = new("api", "sidecar", "service");

    [Fact]
    public void Replicas_get_names_and_ports_of_their_own()
    {
        var solution = Solution.Read(RepositoryFolder.Root, new Dictionary<string, int> { ["conversation"] = 3 });
        Assert.Equal(
            ["conversation-0", "conversation-1", "conversation-2", "retrieval-0", "inference-0", "analytics-0"],
            solution.Processes.Select(process => process.Name));
        var ports = solution.Processes.SelectMany(process => new[] { process.AppPort, process.DaprHttpPort, process.DaprGrpcPort }).ToList();
        Assert.Equal(18, ports.Distinct().Count());
        Assert.All(ports, port => Assert.InRange(port, 20_000, 32_000));
    }

    [Fact]
    public void In_the_topology_of_a_cluster_each_role_is_an_app_of_its_own()
    {
        var solution = Solution.Read(RepositoryFolder.Root, new Dictionary<string, int> { ["conversation-batch"] = 2 }, cluster: true);

        Assert.Equal(
            [
                "conversation-0", "conversation-premium-0", "conversation-standard-0", "conversation-batch-0", "conversation-batch-1", "conversation-hooks-0",
                "retrieval-0", "retrieval-ingest-0", "inference-0", "analytics-0",
            ],
            solution.Processes.Select(process => process.Name));
        var lane = solution.EnvironmentOf(solution.Processes[1], Keys);
        Assert.Equal(("conversation-premium", "conversation-hooks"), (lane["APP_ID"], lane["Hooks__AppId"]));
        Assert.Equal("true", solution.EnvironmentOf(solution.Processes[0], Keys)["Jobs__WorkersApart"]);
    }

    [Fact]
    public void Replicas_of_an_unknown_app_are_refused() => Assert.Contains(
        "There is no app conversatoin",
        Assert.Throws<LocalHostException>(() => Solution.Read(RepositoryFolder.Root, new Dictionary<string, int> { ["conversatoin"] = 2 })).Message,
        StringComparison.Ordinal);

    [Fact]
    public void The_resolved_file_names_every_process_and_keeps_what_it_does_not_know()
    {
        using var folder = new ScratchFolder();
        folder.Write("dapr.yaml", """
            version: 1
            common: { resourcesPath: ./elsewhere, logLevel: warn, env: { SHARED: one } }
            apps:
            - { appDirPath: ./here/orders, appMaxConcurrency: 7, command: [dotnet, run], env: { OWN: two, SHARED: three } }
            """);
        var solution = Solution.Read(folder.Path, new Dictionary<string, int> { ["orders"] = 2 });
        var resolved = folder.Write("run.yaml", solution.File.Resolve(solution.Processes, "/components"));

        var yaml = RepositoryFolder.Yaml(resolved);
        var common = (YamlDotNet.RepresentationModel.YamlMappingNode)yaml.Children["common"];
        Assert.Equal("warn", common.Text("logLevel"));
        Assert.Equal("/components", common.Children["resourcesPaths"][0].ToString());
        Assert.False(common.Children.ContainsKey("resourcesPath"));
        Assert.Equal("one", common.Children["env"]["SHARED"].ToString());

        var apps = yaml.List("apps").ToList();
        Assert.Equal(["orders", "orders"], apps.Select(app => app.Text("appID")));
        Assert.All(apps, app => Assert.Equal(("7", Path.Combine(folder.Path, "here", "orders")), (app.Text("appMaxConcurrency"), app.Text("appDirPath"))));
        Assert.All(apps, app => Assert.DoesNotContain("command", app.Fields()));
        Assert.Equal(
            solution.Processes.Select(process => (process.AppPort, process.DaprHttpPort, process.DaprGrpcPort)),
            apps.Select(app => (int.Parse(app.Text("appPort")), int.Parse(app.Text("daprHTTPPort")), int.Parse(app.Text("daprGRPCPort")))));

        var environment = solution.EnvironmentOf(solution.Processes[1], Keys);
        Assert.Equal(("two", "three", "orders", "orders-1"), (environment["OWN"], environment["SHARED"], environment["APP_ID"], environment["AGENTS_REPLICA"]));
        Assert.Equal(("sidecar", "service", "api"), (environment["DAPR_API_TOKEN"], environment["APP_API_TOKEN"], environment["AGENTS_API_KEY"]));
    }

    [Theory]
    [InlineData("version: 2", "version must be 1")]
    [InlineData("- a list", "must hold one YAML document, a mapping")]
    [InlineData("a: [", "cannot be read")]
    [InlineData("version: 1\napps: [ { appID: x } ]", "has no appDirPath")]
    public void An_unusable_run_file_is_refused(string text, string why)
    {
        using var folder = new ScratchFolder();
        folder.Write("dapr.yaml", text);
        var refused = Assert.Throws<LocalHostException>(() => Solution.Read(folder.Path, new Dictionary<string, int>()));
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kept_data_folder_keeps_its_keys_for_its_owner_and_serves_one_host_at_a_time()
    {
        using var folder = new ScratchFolder();
        Keys first;
        using (var data = DataFolder.Open(folder.Path))
        {
            first = data.Keys(apiKey: null);
            Assert.Equal("given", data.Keys("given").ApiKey);
            Assert.Contains("another local host", Assert.Throws<LocalHostException>(() => DataFolder.Open(folder.Path)).Message, StringComparison.Ordinal);
        }

        using (var again = DataFolder.Open(folder.Path))
            Assert.Equal(first, again.Keys(apiKey: null));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder.Path, "keys.json")));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("{")]
    public void Keys_that_cannot_be_read_are_not_replaced_in_silence(string text)
    {
        using var folder = new ScratchFolder();
        folder.Write("keys.json", text);
        using var data = DataFolder.Open(folder.Path);
        Assert.Contains("remove it to get new ones", Assert.Throws<LocalHostException>(() => data.Keys(apiKey: null)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_data_folder_that_cannot_be_made_is_refused()
    {
        using var folder = new ScratchFolder();
        var file = folder.Write("file", "");
        Assert.Throws<LocalHostException>(() => DataFolder.Open(Path.Combine(file, "below")));
    }

    [Fact]
    public void A_temporary_data_folder_is_removed()
    {
        var data = DataFolder.Open(null);
        data.Keys(apiKey: null);
        Assert.True(Directory.Exists(data.Path));
        data.Dispose();
        Assert.False(Directory.Exists(data.Path));
    }
}
