using System.Text.RegularExpressions;
using System.Xml.Linq;
using Agents.Chart.Tests.Helm;

namespace Agents.Chart.Tests;

/// <summary>Images as the chart expects them, whether made with Docker or by the SDK.</summary>
public sealed partial class ImageTests
{
    private static readonly string[] Services = ["analytics", "conversation", "inference", "retrieval"];
    private static readonly string Dockerfile = File.ReadAllText(Repository.PathOf("infra", "images", "Dockerfile"));
    private static readonly XElement Properties = XDocument.Load(Repository.PathOf("services", "Directory.Build.props")).Root!;
    private static readonly JsonObject Release = Repository.Yaml(".github", "workflows", "release.yml");

    [Fact]
    public async Task User_and_port_are_the_same_everywhere()
    {
        var pod = (await Rendering.OfAsync(HelmProgram.Four, "")).Single("Deployment", "agents-conversation").PodTemplate().At("spec");
        var user = pod.At("securityContext").Number("runAsUser").ToString();
        var port = pod.List("containers").Single().List("ports").Single().Number("containerPort").ToString();
        Assert.Contains($"\nUSER {user}\n", Dockerfile, StringComparison.Ordinal);
        Assert.Contains($"\nEXPOSE {port}\n", Dockerfile, StringComparison.Ordinal);
        Assert.Equal(user, Properties.Descendants("ContainerUser").Single().Value);
        Assert.Equal(port, Properties.Descendants("ContainerPort").Single().Attribute("Include")!.Value);
    }

    [Fact]
    public void The_last_stage_holds_no_compiler_and_no_shell()
    {
        var stages = From().Matches(Dockerfile).Select(match => match.Groups[1].Value).ToList();
        Assert.Equal(2, stages.Count);
        Assert.Contains("/sdk:", stages[0], StringComparison.Ordinal);
        Assert.Contains("/aspnet:", stages[1], StringComparison.Ordinal);
        Assert.EndsWith("-chiseled", stages[1], StringComparison.Ordinal);
        Assert.DoesNotContain("latest", Dockerfile, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_file_that_a_build_copies_exists()
    {
        foreach (var source in Copy().Matches(Dockerfile).SelectMany(match => match.Groups[1].Value.Split(' ')[..^1]))
        {
            var folder = Repository.PathOf(Path.GetDirectoryName(source) ?? "");
            Assert.NotEmpty(Directory.GetFileSystemEntries(folder, Path.GetFileName(source)));
        }
    }

    [Fact]
    public void What_services_refer_to_is_copied_and_not_ignored()
    {
        var ignored = File.ReadAllLines(Repository.PathOf("infra", "images", "Dockerfile.dockerignore"));
        foreach (var project in Directory.EnumerateFiles(Repository.PathOf("services"), "*.csproj", SearchOption.AllDirectories))
        {
            var outside = XDocument.Load(project).Descendants("ProjectReference").Select(reference => reference.Attribute("Include")!.Value).Where(path => path.StartsWith("../../", StringComparison.Ordinal));
            foreach (var folder in outside.Select(path => Path.GetDirectoryName(path["../../".Length..])!))
            {
                Assert.Contains($"\nCOPY {folder} {folder}\n", Dockerfile, StringComparison.Ordinal);
                Assert.Contains($"!{folder}", ignored);
            }
        }
    }

    [Fact]
    public void A_release_makes_one_image_per_service_from_its_project()
    {
        var images = Release.At("jobs/images/strategy/matrix").List("include").ToList();
        Assert.Equal(Services, images.Select(image => image.Text("service")).Order(StringComparer.Ordinal));
        Assert.All(images, image => Assert.True(File.Exists(Repository.PathOf("services", image.Text("service"), $"{image.Text("project")}.csproj"))));
        Assert.Equal(["test"], [Release.At("jobs/images").Text("needs")]);
        Assert.Equal(["images"], [Release.At("jobs/chart").Text("needs")]);
    }

    [GeneratedRegex("^FROM ([^ \n]+)", RegexOptions.Multiline)]
    private static partial Regex From();

    [GeneratedRegex("^COPY (?!--from)(.+)$", RegexOptions.Multiline)]
    private static partial Regex Copy();
}
