using Agents.Testing;

namespace Agents.Chart.Tests;

/// <summary>The files of this checkout, and the schemas beside it.</summary>
internal static class Repository
{
    public static string Chart { get; } = PathOf("charts", "agents");

    /// <summary>Schemas of Kubernetes, KEDA and Dapr; they are not part of the repository.</summary>
    public static string Schemas { get; } = Path.GetFullPath(Path.Combine(Stack.RepositoryRoot, "..", "shared", "k8s-schemas"));

    public static string PathOf(params ReadOnlySpan<string> parts) => Path.Combine([Stack.RepositoryRoot, .. parts]);

    public static JsonObject Yaml(params ReadOnlySpan<string> parts) => (JsonObject)YamlText.Documents(File.ReadAllText(PathOf(parts))).Single();
}
