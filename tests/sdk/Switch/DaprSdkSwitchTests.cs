using System.Xml.Linq;

namespace Agents.SdkTests.Switch;

/// <summary>
/// The property <c>DaprSdk</c> decides what stands behind a <c>DaprReference</c>: the subset or the official packages.
/// </summary>
/// <remarks>
/// What this proves: with <c>package</c> a project asks for the official packages, at the pinned versions, and no longer for the subset;
/// and no service goes past the switch. What it does not prove: that the official packages restore, that the services compile against
/// them (the signature tests are the stand-in for that), or that they behave alike at run time. The feed this is built against does not
/// carry these packages; where they can be had, <c>dotnet build -p:DaprSdk=package</c> is the proof.
/// </remarks>
public sealed class DaprSdkSwitchTests
{
    private const string Subset = "infra/dapr/sdk/";

    private static readonly string Defaults = Path.Combine(Repository.Root, "services", "defaults", "Agents.Defaults.csproj");

    [Fact]
    public async Task By_default_the_subset_is_referenced_and_no_package()
    {
        var project = await ProjectEvaluation.OfAsync(Defaults, "source");

        Assert.Contains("infra/dapr/sdk/Dapr.AspNetCore/Dapr.AspNetCore.csproj", project.Projects);
        Assert.DoesNotContain(project.Packages, IsDapr);
        Assert.Equal("", project.LockFile);
    }

    [Fact]
    public async Task With_package_the_official_packages_are_referenced_and_nothing_of_the_subset()
    {
        var project = await ProjectEvaluation.OfAsync(Defaults, "package");

        Assert.DoesNotContain(project.Projects, path => path.StartsWith(Subset, StringComparison.Ordinal));
        Assert.Contains("Dapr.AspNetCore", project.Packages);
        Assert.All(project.Packages.Where(IsDapr), package => Assert.Equal("1.18.5", project.Versions[package]));
        Assert.Equal("packages.dapr.lock.json", project.LockFile);
    }

    [Fact]
    public void Services_reach_the_subset_and_Protobuf_only_through_the_switch()
    {
        Assert.NotEmpty(Repository.ServiceProjects);
        Assert.All(Repository.ServiceProjects, project => Assert.Empty(PastTheSwitch(XDocument.Load(project))));
    }

    /// <summary>A test of the test.</summary>
    [Theory]
    [InlineData("""<ProjectReference Include="../../infra/dapr/sdk/Dapr.Client/Dapr.Client.csproj" />""")]
    [InlineData("""<ProjectReference Include="..\..\infra\dapr\sdk\Dapr.Client\Dapr.Client.csproj" />""")]
    [InlineData("""<PackageReference Include="Dapr.Client" />""")]
    [InlineData("""<PackageReference Include="Google.Protobuf" />""")]
    [InlineData("""<PackageReference Include="Grpc.Net.Client" />""")]
    [InlineData("""<Reference Include="Dapr.Client" HintPath="Dapr.Client.dll" />""")]
    public void A_reference_past_the_switch_is_found_out(string reference) =>
        Assert.Single(PastTheSwitch(XDocument.Parse($"<Project><ItemGroup>{reference}<DaprReference Include=\"Dapr.Client\" /></ItemGroup></Project>")));

    private static bool IsDapr(string package) => package.StartsWith("Dapr.", StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<string> PastTheSwitch(XDocument project) =>
        from element in project.Descendants()
        where element.Name.LocalName is "ProjectReference" or "PackageReference" or "Reference"
        let include = ((string?)element.Attribute("Include") ?? "").Replace('\\', '/')
        where include.Contains(Subset, StringComparison.OrdinalIgnoreCase)
            || IsDapr(include)
            || include.StartsWith("Google.", StringComparison.OrdinalIgnoreCase)
            || include.StartsWith("Grpc.", StringComparison.OrdinalIgnoreCase)
        select include;
}
