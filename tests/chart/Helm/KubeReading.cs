namespace Agents.Chart.Tests.Helm;

/// <summary>What tests read of objects, failing loudly when it is not there.</summary>
internal static class KubeReading
{
    public static JsonObject At(this JsonNode? node, string path)
    {
        foreach (var name in path.Split('/'))
            node = node?[name];
        return node as JsonObject ?? throw new InvalidOperationException($"nothing at {path}");
    }

    public static IEnumerable<JsonObject> List(this JsonNode? node, string name) => (node?[name] as JsonArray ?? []).OfType<JsonObject>();

    public static string Text(this JsonNode? node, string name) =>
        node?[name]?.GetValue<string>() ?? throw new InvalidOperationException($"no text '{name}' in {node?.ToJsonString()}");

    public static string? TextOrNull(this JsonNode? node, string name) => node?[name]?.GetValue<string>();

    public static long Number(this JsonNode? node, string name) =>
        node?[name]?.GetValue<long>() ?? throw new InvalidOperationException($"no number '{name}' in {node?.ToJsonString()}");

    public static IEnumerable<string> Texts(this JsonNode? node, string name) => (node?[name] as JsonArray ?? []).Select(item => item!.GetValue<string>());

    public static Dictionary<string, string> Strings(this JsonObject node) => node.ToDictionary(pair => pair.Key, pair => pair.Value!.GetValue<string>());

    public static JsonObject PodTemplate(this KubeObject deployment) => deployment.Node.At("spec/template");

    public static string AppId(this KubeObject deployment) => deployment.PodTemplate().At("metadata/annotations").Text("dapr.io/app-id");

    public static JsonObject Container(this KubeObject deployment) => deployment.PodTemplate().At("spec").List("containers").First();

    /// <summary>Environment with plain values.</summary>
    public static Dictionary<string, string> Environment(this KubeObject deployment) => deployment.Container().List("env")
        .Where(variable => variable["value"] is not null).DistinctBy(variable => variable.Text("name")).ToDictionary(variable => variable.Text("name"), variable => variable.Text("value"));

    public static Dictionary<string, string> ComponentMetadata(this KubeObject component) => component.Node.At("spec").List("metadata").ToDictionary(
        item => item.Text("name"),
        item => item.TextOrNull("value") ?? (item.TextOrNull("envRef") is { } variable ? $"${variable}" : $"secret {item.At("secretKeyRef").Text("name")}"));

    /// <summary>Every object within a node, itself first.</summary>
    public static IEnumerable<JsonObject> Within(this JsonNode? node) => node switch
    {
        JsonObject found => found.SelectMany(pair => pair.Value.Within()).Prepend(found),
        JsonArray list => list.SelectMany(Within),
        _ => [],
    };
}
