using Agents.LocalRuntime.PubSub;
using Agents.LocalRuntime.Resiliency;
using Agents.LocalRuntime.Resources;

namespace Agents.LocalRuntime.Apps;

/// <summary>Turns app entries into sidecars; each folder and file is read once.</summary>
internal sealed class SidecarLoader(Backends backends, HttpMessageInvoker client, Problems problems)
{
    private readonly Dictionary<(string Folder, string? Namespace), ResourceFolder> _folders = [];
    private readonly Dictionary<string, ConfigurationSpec> _configurations = [];

    public Sidecar Load(AppSpec app)
    {
        var folders = Folders(app);
        var resiliency = folders.SelectMany(folder => folder.Resiliency).Where(spec => InScope(spec.Scopes, app)).ToList();
        var policies = new Policies(resiliency, backends.Time);
        var (components, declarative) = Load(app, folders, policies, current: null);
        return new(app, components, policies, declarative, client, backends)
        {
            Workflows = components.States.Values.FirstOrDefault(store => store.IsActorStore) is { } store
                ? backends.Workflows(store.Store.Database, app.AppId, app.Variable("NAMESPACE")) : null,
        };
    }

    /// <summary>Components and subscriptions as the files are now. Policies are read at the start only, as daprd's are.</summary>
    public (ComponentSet Components, IReadOnlyList<Subscription> Declarative) Reload(Sidecar sidecar) =>
        Load(sidecar.Spec, Folders(sidecar.Spec), sidecar.Policies, sidecar.Components);

    private (ComponentSet Components, IReadOnlyList<Subscription> Declarative) Load(
        AppSpec app, List<ResourceFolder> folders, Policies policies, ComponentSet? current)
    {
        var components = new ComponentLoader(app, backends, policies, problems)
            .Load([.. folders.SelectMany(folder => folder.Components)], Configuration(app.ConfigPath), current);
        var declarative = folders.SelectMany(folder => folder.Subscriptions).Where(spec => InScope(spec.Scopes, app)).ToList();
        Check(declarative, components);
        return (components, [.. declarative.Select(spec => spec.Subscription)]);
    }

    private List<ResourceFolder> Folders(AppSpec app) => [.. app.ResourcesPaths.Select(path => Folder(path, app.Variable("NAMESPACE")))];

    private void Check(List<SubscriptionSpec> declarative, ComponentSet components)
    {
        foreach (var spec in declarative.Where(spec => !components.PubSubs.ContainsKey(spec.Subscription.PubSubName)))
        {
            problems.Add(spec.File, "spec.pubsubname", $"'{spec.Subscription.PubSubName}' is not a pubsub component of the app");
        }
    }

    private ResourceFolder Folder(string path, string? ownNamespace)
    {
        var key = (Path.GetFullPath(path), string.IsNullOrEmpty(ownNamespace) ? null : ownNamespace);
        return _folders.TryGetValue(key, out var folder) ? folder : _folders[key] = ResourceFolder.Load(key.Item1, key.Item2, problems);
    }

    private ConfigurationSpec Configuration(string? path)
    {
        if (path is null) return ConfigurationSpec.Empty;
        return _configurations.TryGetValue(path, out var configuration) ? configuration
            : _configurations[path] = ConfigurationSpec.Load(path, problems);
    }

    private static bool InScope(IReadOnlyList<string> scopes, AppSpec app) => scopes.Count == 0 || scopes.Contains(app.AppId);
}
