namespace Agents.LocalRuntime.Resources;

/// <summary>What the <c>*.yaml</c> files directly inside a folder say. Other kinds are skipped, as daprd does.</summary>
internal sealed class ResourceFolder
{
    private static readonly string?[] OtherKinds = ["Configuration", "HTTPEndpoint", "MCPServer", "WorkflowAccessPolicy"];

    private readonly List<ComponentSpec> _components = [];
    private readonly List<SubscriptionSpec> _subscriptions = [];
    private readonly List<Resiliency.ResiliencySpec> _resiliency = [];

    public IReadOnlyList<ComponentSpec> Components => _components;

    public IReadOnlyList<SubscriptionSpec> Subscriptions => _subscriptions;

    public IReadOnlyList<Resiliency.ResiliencySpec> Resiliency => _resiliency;

    /// <param name="folder">An existing folder.</param>
    /// <param name="ownNamespace">When set, documents of other namespaces are skipped.</param>
    /// <param name="problems">Takes everything that is wrong.</param>
    public static ResourceFolder Load(string folder, string? ownNamespace, Problems problems)
    {
        var resources = new ResourceFolder();
        if (!Directory.Exists(folder))
        {
            problems.Add(folder, "", "is not a folder (resources path)");
            return resources;
        }

        var files = Directory.EnumerateFiles(folder)
            .Where(file => Path.GetExtension(file) is ".yaml" or ".yml")
            .Order(StringComparer.Ordinal);
        foreach (var document in files.SelectMany(file => YamlFile.Read(file, problems))) resources.Add(document, ownNamespace, problems);
        return resources;
    }

    private void Add(Section document, string? ownNamespace, Problems problems)
    {
        var kind = document.Text("kind", required: true);
        if (kind is not ("Component" or "Subscription" or "Resiliency"))
        {
            var isDapr = document.Text("apiVersion")?.StartsWith("dapr.io/", StringComparison.Ordinal) == true;
            if (isDapr && !OtherKinds.Contains(kind)) document.Report("kind", $"'{kind}' is not a kind of Dapr resource");
            return;
        }

        document.Ignore("apiVersion");
        var metadata = document.Map("metadata", required: true);
        var name = metadata?.Text("name", required: true) ?? "";
        var documentNamespace = metadata?.Text("namespace");
        if (ownNamespace is not null && documentNamespace is not null && documentNamespace != ownNamespace) return;
        switch (kind)
        {
            case "Component":
                _components.Add(ComponentSpec.Read(document, name));
                break;
            case "Subscription" when SubscriptionSpec.Read(document, problems) is { } subscription:
                _subscriptions.Add(subscription);
                break;
            case "Resiliency":
                _resiliency.Add(LocalRuntime.Resiliency.ResiliencySpec.Read(document));
                break;
        }

        document.Close();
    }
}
