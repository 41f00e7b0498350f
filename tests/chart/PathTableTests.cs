using Agents.Chart.Tests.Helm;
using Agents.Local.FrontDoor;

namespace Agents.Chart.Tests;

/// <summary>One origin, the same on a laptop and in a cluster.</summary>
public sealed class PathTableTests
{
    [Fact]
    public void The_charts_paths_are_the_front_doors() => Assert.Equal(
        PathTable.Rules.Select(rule => KeyValuePair.Create(rule.Prefix, rule.App)),
        Repository.Yaml("charts", "agents", "paths.yaml").Strings());

    [Fact]
    public async Task The_ingress_leads_each_path_to_its_service()
    {
        var chart = await Rendering.OfAsync(HelmProgram.Four, "--set ingress.enabled=true --set ingress.host=agents.example.org");
        var paths = Assert.Single(chart.OfKind("Ingress")).Node.At("spec").List("rules").Single().At("http").List("paths").ToList();
        Assert.Equal(
            PathTable.Rules.Select(rule => (rule.Prefix, "Prefix", $"agents-{rule.App}")).Order(),
            paths.Select(path => (path.Text("path"), path.Text("pathType"), path.At("backend/service").Text("name"))).Order());
    }
}
