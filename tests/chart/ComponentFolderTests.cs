using Agents.Chart.Tests.Helm;

namespace Agents.Chart.Tests;

/// <summary>Each folder of components is what the chart renders for the same choice, but for addresses and secrets.</summary>
public sealed class ComponentFolderTests
{
    private const string Slots = "10";

    /// <summary>Where a store is and how it is entered, which differs from place to place.</summary>
    private static readonly HashSet<string> Places =
    [
        "redisHost", "redisPassword", "redisDB", "enableTLS", "redisMaxRetries", "brokers", "authType", "disableTls", "connectionString", "namespaceName",
        "url", "masterKey", "database", "collection", "table", "region", "projectId", "projectID", "vaultName",
    ];

    public static TheoryData<string, string, string, string> Choices => new()
    {
        { "redis", "redis", "redis", "kubernetes" },
        { "kafka", "postgresql", "kafka", "kubernetes" },
        { "rabbitmq", "postgresql", "rabbitmq", "kubernetes" },
        { "azure", "azure.cosmosdb", "azure.servicebus.topics", "azure.keyvault" },
        { "aws", "aws.dynamodb", "aws.snssqs", "aws.secretmanager" },
        { "gcp", "postgresql", "gcp.pubsub", "gcp.secretmanager" },
    };

    [Theory]
    [MemberData(nameof(Choices))]
    public async Task A_folder_says_what_the_chart_says(string folder, string state, string pubsub, string secrets)
    {
        var chart = await Rendering.OfAsync(HelmProgram.Four, $"--set state.type={state} --set pubsub.type={pubsub} --set secrets.type={secrets}");
        foreach (var name in new[] { "statestore", "sessionstore", "pubsub", "secrets" })
        {
            var file = new KubeObject(Repository.Yaml("components", folder, $"{name}.yaml"));
            var rendered = chart.Single("Component", name);
            // On one machine, secrets are variables.
            if (secrets != "kubernetes" || name != "secrets")
                Assert.Equal(TypeOf(rendered), TypeOf(file));
            Assert.Equal(Settings(rendered), Settings(file));
        }
    }

    [Fact]
    public void Every_folder_is_a_choice_of_the_chart_but_the_one_for_a_laptop() => Assert.Equal(
        Choices.Select(row => row.Data.Item1).Append("local").Order(StringComparer.Ordinal),
        Directory.GetDirectories(Repository.PathOf("components")).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));

    private static (string, string) TypeOf(KubeObject component) => (component.Node.At("spec").Text("type"), component.Node.At("spec").Text("version"));

    private static IEnumerable<(string, string)> Settings(KubeObject component) => component.ComponentMetadata()
        .Where(setting => !Places.Contains(setting.Key))
        .Select(setting => (setting.Key, setting.Value == "$AGENTS_SLOTS" ? Slots : setting.Value))
        .OrderBy(setting => setting.Key, StringComparer.Ordinal);
}
