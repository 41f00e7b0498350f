using Agents.Chart.Tests.Helm;
using Agents.Chart.Tests.Rules;

namespace Agents.Chart.Tests;

/// <summary>The chart as Helm 3 and Helm 4 render it.</summary>
public sealed class RenderingTests : IClassFixture<RenderingTests.RenderedAhead>
{
    /// <summary>Begins with every rendering at once, so that as many Helms run as there are processors.</summary>
    public sealed class RenderedAhead
    {
        public RenderedAhead()
        {
            foreach (var row in EveryCombination)
                _ = Rendering.OfAsync(HelmProgram.Named(row.Data.Item1), row.Data.Item2);
        }
    }

    public static TheoryData<string, string> EveryCombination => new(
        from helm in HelmProgram.All
        from combination in Combinations.All
        select (helm.Name, combination));

    public static TheoryData<string, string> EveryFile => new(
        from helm in HelmProgram.All
        from file in Combinations.Files
        select (helm.Name, file));

    [Theory]
    [MemberData(nameof(EveryCombination))]
    public async Task What_is_rendered_keeps_every_rule(string helm, string combination)
    {
        var rendering = await Rendering.OfAsync(HelmProgram.Named(helm), combination);
        Assert.NotEmpty(rendering.Objects);
        Assert.Empty(EveryRule.All.SelectMany(rule => rule(rendering)));
    }

    [Theory]
    [MemberData(nameof(EveryCombination))]
    public async Task Every_object_fits_its_schema(string helm, string combination)
    {
        Assert.SkipUnless(KubeSchemas.Exist, "not run: no data, the schemas are not there");
        var rendering = await Rendering.OfAsync(HelmProgram.Named(helm), combination);
        Assert.Empty(rendering.Objects.SelectMany(KubeSchemas.Problems));
        Assert.Empty(ScalerSchemas.Problems(rendering));
    }

    [Theory]
    [MemberData(nameof(EveryFile))]
    public async Task Lint_has_nothing_to_say(string helm, string file)
    {
        var run = await HelmProgram.Named(helm).RunAsync(["lint", "--strict", ".", .. file.Split(' ')]);
        Assert.True(run.ExitCode == 0, run.Output + run.Errors);
        Assert.DoesNotContain("[WARNING]", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(EveryFile))]
    public async Task Rendering_again_gives_the_same_bytes(string helm, string file)
    {
        var program = HelmProgram.Named(helm);
        Assert.Equal((await Rendering.OfAsync(program, file)).Text, await Rendering.TextAsync(program, file));
    }

    [Theory]
    [InlineData("-f values.yaml")]
    [InlineData("-f values-company.yaml")]
    public async Task Helm_3_and_Helm_4_render_the_same_objects(string file)
    {
        var three = await Rendering.OfAsync(HelmProgram.Three, file);
        var four = await Rendering.OfAsync(HelmProgram.Four, file);
        Assert.Equal(three.Objects.Select(found => found.Node.ToJsonString()), four.Objects.Select(found => found.Node.ToJsonString()));
    }

    [Fact]
    public async Task The_chart_can_be_packed()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var run = await HelmProgram.Four.RunAsync("package", ".", "--destination", folder.FullName);
            Assert.True(run.ExitCode == 0, run.Errors);
            Assert.Single(folder.GetFiles("agents-*.tgz"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
