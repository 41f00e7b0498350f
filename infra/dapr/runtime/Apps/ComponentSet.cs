using Agents.LocalRuntime.PubSub;
using Agents.LocalRuntime.Resources;
using Agents.LocalRuntime.Secrets;
using Agents.LocalRuntime.State;

namespace Agents.LocalRuntime.Apps;

/// <summary>A component as the metadata API lists it.</summary>
internal sealed record ComponentInfo(string Name, string Type, string Version, IReadOnlyList<string> Capabilities);

/// <summary>The components that one sidecar has loaded, by name.</summary>
internal sealed class ComponentSet
{
    public List<ComponentInfo> Infos { get; } = [];

    public Dictionary<string, StateComponent> States { get; } = [];

    public Dictionary<string, PubSubComponent> PubSubs { get; } = [];

    public Dictionary<string, ISecretStore> Secrets { get; } = [];

    /// <summary>What the components were made from.</summary>
    public Dictionary<string, ComponentSpec> Specs { get; } = [];

    /// <summary>Which secrets the app may read, by store.</summary>
    public IReadOnlyDictionary<string, SecretScope> SecretScopes { get; init; } = ConfigurationSpec.Empty.SecretScopes;

    /// <summary>Preview features that the app's configuration turns on.</summary>
    public IReadOnlySet<string> Features { get; init; } = ConfigurationSpec.Empty.Features;

    /// <summary>
    /// Hands a component that stays the same over to a newer set, and says whether it does. Secret stores are always read anew; actors
    /// keep their store until a restart, as with daprd.
    /// </summary>
    public bool TryKeep(ComponentSpec spec, ComponentSet newer)
    {
        var isSame = spec.SecretStore is null && Specs.TryGetValue(spec.Name, out var known) && known.SameAs(spec);
        if (States.TryGetValue(spec.Name, out var state) && (isSame || state.IsActorStore)) newer.States[spec.Name] = state;
        else if (isSame && PubSubs.TryGetValue(spec.Name, out var pubSub)) newer.PubSubs[spec.Name] = pubSub;
        else return false;
        newer.Infos.Add(Infos.Single(info => info.Name == spec.Name));
        return true;
    }
}
