using Agents.Chart.Tests.Helm;

namespace Agents.Chart.Tests.Rules;

/// <summary>The forms of Kubernetes' own objects, and of KEDA's and Dapr's.</summary>
internal static class KubeSchemas
{
    /// <summary>Kinds of the Prometheus operator, whose schemas are not collected.</summary>
    private static readonly HashSet<string> Unknown = ["ServiceMonitor", "PrometheusRule"];

    private static readonly Lazy<JsonObject> Core = new(() => Read(Path.Combine("kubernetes", "k8s-1.36.2-strict.schema.json")));
    private static readonly Lazy<JsonObject> Custom = new(() => Read("crds-strict.schema.json"));

    public static bool Exist => Directory.Exists(Repository.Schemas);

    public static IEnumerable<string> Problems(KubeObject found)
    {
        var kind = $"{found.ApiVersion}/{found.Kind}";
        if (Core.Value.At("kinds")[kind] is { } name)
        {
            var definitions = Core.Value.At("definitions");
            return new SchemaCheck(definitions).Problems(found.Node, (JsonObject)definitions[name.GetValue<string>()]!, found.ToString());
        }
        return Custom.Value.At("kinds")[kind] is JsonObject schema ? new SchemaCheck([]).Problems(found.Node, schema, found.ToString())
            : Unknown.Contains(found.Kind) ? []
            : [$"{found} is of a kind that nobody knows"];
    }

    public static JsonObject Read(string file) => (JsonObject)JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Schemas, file)))!;
}
