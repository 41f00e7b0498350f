using Agents.Chart.Tests.Helm;

namespace Agents.Chart.Tests;

/// <summary><c>--topology cluster</c> of the local host starts what the chart deploys.</summary>
public sealed class ClusterTopologyTests
{
    /// <summary>What the local host decides itself for each process, or what only a pod needs.</summary>
    private static readonly HashSet<string> OfPods = ["APP_ID", "ASPNETCORE_HTTP_PORTS", "DOTNET_EnableDiagnostics", "ShutdownTimeoutSeconds"];

    private static readonly JsonObject RunFile = Repository.Yaml("infra", "local", "cluster", "dapr.yaml");

    [Fact]
    public async Task Every_deployment_is_an_app_with_the_same_image_and_settings()
    {
        var chart = await Rendering.OfAsync(HelmProgram.Four, "");
        var common = RunFile.At("common/env").Strings();
        Assert.Equal(
            chart.Deployments.OrderBy(deployment => deployment.AppId(), StringComparer.Ordinal).Select(deployment => (
                deployment.AppId(),
                $"../../../services/{deployment.Container().Text("name")}",
                Text(deployment.Environment().Where(variable => !OfPods.Contains(variable.Key))))),
            RunFile.List("apps").Select(app => (
                app.Text("appID"),
                app.Text("appDirPath"),
                Text(common.Concat(app["env"] is JsonObject own ? own.Strings() : [])))));
    }

    [Fact]
    public async Task Every_subscription_is_the_charts()
    {
        var chart = await Rendering.OfAsync(HelmProgram.Four, "");
        var file = YamlText.Documents(File.ReadAllText(Repository.PathOf("infra", "local", "cluster", "subscriptions", "subscriptions.yaml")))
            .Select(node => new KubeObject((JsonObject)node));
        Assert.Equal(chart.OfKind("Subscription").Select(Text).Order(StringComparer.Ordinal), file.Select(Text).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Ports_are_each_ones_own() =>
        Assert.Equal(RunFile.List("apps").Count(), RunFile.List("apps").Select(app => app.Number("appPort")).Distinct().Count());

    private static string Text(IEnumerable<KeyValuePair<string, string>> settings) =>
        string.Join(' ', settings.Select(setting => $"{setting.Key}={setting.Value}").Order(StringComparer.Ordinal));

    // Dead letters are the operator's choice; on one machine the broker keeps what it could not deliver.
    private static string Text(KubeObject subscription)
    {
        var spec = (JsonObject)subscription.Node.At("spec").DeepClone();
        spec.Remove("deadLetterTopic");
        return $"{subscription.ApiVersion} {subscription.Name} {spec.ToJsonString()} {string.Join(',', subscription.Node.Texts("scopes"))}";
    }
}
