using System.Collections.Concurrent;

namespace Agents.Chart.Tests.Helm;

/// <summary>One object that the chart renders.</summary>
internal sealed record KubeObject(JsonObject Node)
{
    public string Kind => Node.Text("kind");

    public string ApiVersion => Node.Text("apiVersion");

    public string Name => Node.At("metadata").Text("name");

    public override string ToString() => $"{Kind} {Name}";
}

/// <summary>The chart rendered with some values. Each rendering is made once.</summary>
internal sealed class Rendering
{
    public const string Release = "agents";
    public const string Namespace = "chat";

    private static readonly ConcurrentDictionary<string, Lazy<Task<Rendering>>> Made = new();

    /// <summary>What Helm printed, perhaps changed.</summary>
    public static Rendering Of(string text) => new(text);

    private Rendering(string text)
    {
        Text = text;
        Objects = [.. YamlText.Documents(text).Select(node => new KubeObject((JsonObject)node))];
    }

    public string Text { get; }

    public IReadOnlyList<KubeObject> Objects { get; }

    public IEnumerable<KubeObject> Deployments => OfKind("Deployment");

    public static Task<Rendering> OfAsync(HelmProgram helm, string arguments) =>
        Made.GetOrAdd($"{helm.Name} {arguments}", _ => new Lazy<Task<Rendering>>(async () => new Rendering(await TextAsync(helm, arguments)))).Value;

    /// <summary>What Helm prints; always rendered anew.</summary>
    public static async Task<string> TextAsync(HelmProgram helm, string arguments)
    {
        var run = await helm.RunAsync(["template", Release, ".", "--namespace", Namespace, .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        return run.ExitCode == 0 ? run.Output : throw new InvalidOperationException($"helm {helm.Name} {arguments}: {run.Errors}");
    }

    public IEnumerable<KubeObject> OfKind(string kind) => Objects.Where(found => found.Kind == kind);

    public KubeObject Single(string kind, string name) =>
        Objects.SingleOrDefault(found => found.Kind == kind && found.Name == name) ?? throw new InvalidOperationException($"There is no {kind} {name}.");

    /// <summary>Dapr metadata of a component; secrets and variables by their names.</summary>
    public Dictionary<string, string> Component(string name) => Single("Component", name).ComponentMetadata();
}
