namespace Dapr.Client;

/// <summary>What a sidecar says of itself.</summary>
/// <param name="id">The app id.</param>
/// <param name="actors">The actor types that are active, with their counts.</param>
/// <param name="extended">Free values, among them <c>daprRuntimeVersion</c>.</param>
/// <param name="components">The components it has loaded.</param>
public sealed class DaprMetadata(
    string id, IReadOnlyList<DaprActorMetadata> actors, IReadOnlyDictionary<string, string> extended,
    IReadOnlyList<DaprComponentsMetadata> components)
{
    /// <summary>The app id.</summary>
    public string Id { get; } = id;

    /// <summary>The actor types that are active, with their counts.</summary>
    public IReadOnlyList<DaprActorMetadata> Actors { get; } = actors;

    /// <summary>Free values, among them <c>daprRuntimeVersion</c>.</summary>
    public IReadOnlyDictionary<string, string> Extended { get; } = extended;

    /// <summary>The components it has loaded.</summary>
    public IReadOnlyList<DaprComponentsMetadata> Components { get; } = components;
}

/// <summary>An actor type of the app.</summary>
/// <param name="type">Its name.</param>
/// <param name="count">How many actors of it are active here.</param>
public sealed class DaprActorMetadata(string type, int count)
{
    /// <summary>Its name.</summary>
    public string Type { get; } = type;

    /// <summary>How many actors of it are active here.</summary>
    public int Count { get; } = count;
}

/// <summary>A component the sidecar has loaded.</summary>
/// <param name="name">Its name.</param>
/// <param name="type">Its type, such as <c>state.redis</c>.</param>
/// <param name="version">The version of the type, such as <c>v1</c>.</param>
/// <param name="capabilities">What it can do, such as <c>ETAG</c> or <c>TTL</c>.</param>
public sealed class DaprComponentsMetadata(string name, string type, string version, string[] capabilities)
{
    /// <summary>Its name.</summary>
    public string Name { get; } = name;

    /// <summary>Its type, such as <c>state.redis</c>.</summary>
    public string Type { get; } = type;

    /// <summary>The version of the type, such as <c>v1</c>.</summary>
    public string Version { get; } = version;

    /// <summary>What it can do, such as <c>ETAG</c> or <c>TTL</c>.</summary>
    public string[] Capabilities { get; } = capabilities;
}
