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

    /// <summary>Which secrets the app may read, by store.</summary>
    public IReadOnlyDictionary<string, SecretScope> SecretScopes { get; init; } = ConfigurationSpec.Empty.SecretScopes;

    /// <summary>Preview features that the app's configuration turns on.</summary>
    public IReadOnlySet<string> Features { get; init; } = ConfigurationSpec.Empty.Features;
}
