using Agents.Local.FrontDoor;
using Agents.Local.Topology;
using Xunit;

namespace Agents.Local.Tests.Topology;

/// <summary><c>dapr.yaml</c>, <c>tye.yaml</c>, the service folders and the path table say the same.</summary>
public sealed class DeclaredTopologyTests
{
    private static readonly string[] Apps = ["analytics", "conversation", "inference", "retrieval"];
    private static readonly string[] Libraries = ["contracts", "defaults"];

    [Fact]
    public void Every_service_folder_is_an_app_of_the_same_name()
    {
        var folders = Directory.GetDirectories(RepositoryFolder.PathOf("services")).Select(Path.GetFileName).Except(Libraries);
        Assert.Equal(Apps, folders.Order(StringComparer.Ordinal));
        Assert.Equal(Apps, RunFile.Read(RepositoryFolder.PathOf("dapr.yaml")).Apps.Select(app => app.Id).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_run_file_points_at_one_project_per_app_and_gives_each_a_port_of_its_own()
    {
        var apps = RepositoryFolder.Yaml("dapr.yaml").List("apps").ToList();
        Assert.All(apps, app => Assert.Equal("services/" + app.Text("appID"), app.Text("appDirPath")));
        Assert.All(apps, app => Assert.Single(Directory.GetFiles(RepositoryFolder.PathOf(app.Text("appDirPath")), "*.csproj")));
        Assert.Equal(apps.Count, apps.Select(app => app.Text("appPort")).Distinct().Count());
    }

    [Fact]
    public void The_run_file_holds_only_fields_that_the_Dapr_CLI_knows()
    {
        string[] common = ["resourcesPath", "configFilePath", "env"];
        string[] app = ["appID", "appDirPath", "appPort", "command", "env"];
        var file = RepositoryFolder.Yaml("dapr.yaml");
        Assert.Equal(["version", "common", "apps"], file.Fields());
        Assert.Empty(((YamlDotNet.RepresentationModel.YamlMappingNode)file.Children["common"]).Fields().Except(common));
        Assert.All(file.List("apps"), entry => Assert.Empty(entry.Fields().Except(app)));
    }

    [Fact]
    public void Tye_names_the_same_services_projects_and_ports()
    {
        var dapr = RepositoryFolder.Yaml("dapr.yaml").List("apps").Select(app => (app.Text("appID"), app.Text("appDirPath"), app.Text("appPort")));
        var tye = RepositoryFolder.Yaml("tye.yaml").List("services").ToList();
        Assert.Equal(dapr, tye.Select(service => (
            service.Text("name"), Path.GetDirectoryName(service.Text("project"))!, service.List("bindings").Single().Text("port"))));
        Assert.All(tye, service => Assert.True(File.Exists(RepositoryFolder.PathOf(service.Text("project"))), service.Text("project")));
    }

    [Fact]
    public void Tyes_ingress_is_the_path_table()
    {
        var rules = RepositoryFolder.Yaml("tye.yaml").List("ingress").Single().List("rules");
        Assert.Equal(
            PathTable.Rules.Select(rule => (rule.Prefix, rule.App, "true")),
            rules.Select(rule => (rule.Text("path"), rule.Text("service"), rule.Text("preservePath"))));
    }

    [Fact]
    public void The_path_table_names_only_apps_that_run() =>
        Assert.Equal(Apps, PathTable.Rules.Select(rule => rule.App).Distinct().Order(StringComparer.Ordinal));
}
