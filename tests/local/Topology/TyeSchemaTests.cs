using Xunit;
using YamlDotNet.RepresentationModel;

namespace Agents.Local.Tests.Topology;

/// <summary>The fields that Tye 0.11 reads (its JSON schema, and the settings of its Dapr extension); it refuses others.</summary>
public sealed class TyeSchemaTests
{
    private static readonly Dictionary<string, string[]> Known = new()
    {
        ["tye"] = ["name", "registry", "containerEngine", "namespace", "network", "dashboardPort", "ingress", "extensions", "solution", "services"],
        ["services"] = ["name", "project", "env", "buildProperties", "args", "build", "replicas", "bindings"],
        ["bindings"] = ["name", "port", "containerPort", "host", "protocol", "autoAssignPort", "connectionString"],
        ["env"] = ["name", "value"],
        ["ingress"] = ["name", "bindings", "rules"],
        ["rules"] = ["service", "path", "host", "preservePath"],
        ["extensions"] = ["name", "components-path", "config", "log-level", "http-port", "grpc-port", "placement-port", "services"],
    };

    [Fact]
    public void The_file_holds_only_fields_that_Tye_knows() => Check("tye", RepositoryFolder.Yaml("tye.yaml"));

    private static void Check(string place, YamlMappingNode node)
    {
        var unknown = node.Fields().Except(Known[place]);
        Assert.True(!unknown.Any(), $"{place} has {string.Join(", ", unknown)}");
        foreach (var (name, value) in node.Children)
        {
            if (value is not YamlSequenceNode list)
                continue;
            foreach (var item in list.Cast<YamlMappingNode>())
                Check(name.ToString(), item);
        }
    }
}
