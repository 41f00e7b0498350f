namespace Dapr.Client;

public abstract partial class DaprClient
{
    /// <summary>Whether the sidecar is ready, its app included; false also when it cannot be reached.</summary>
    public abstract Task<bool> CheckHealthAsync(CancellationToken cancellationToken = default);

    /// <summary>Whether the sidecar can be called, ready app or not; false also when it cannot be reached.</summary>
    public abstract Task<bool> CheckOutboundHealthAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Returns once <see cref="CheckOutboundHealthAsync"/> says yes, asking twice a second; only the token ends it earlier.
    /// </summary>
    public abstract Task WaitForSidecarAsync(CancellationToken cancellationToken = default);

    /// <summary>Asks the sidecar to stop.</summary>
    /// <exception cref="HttpRequestException">The sidecar refused or cannot be reached.</exception>
    public abstract Task ShutdownSidecarAsync(CancellationToken cancellationToken = default);

    /// <summary>What the sidecar says of itself: its app id, actors, components and their capabilities.</summary>
    public abstract Task<DaprMetadata> GetMetadataAsync(CancellationToken cancellationToken = default);

    /// <summary>Sets a value that <see cref="GetMetadataAsync"/> then returns among the extended ones.</summary>
    public abstract Task SetMetadataAsync(string attributeName, string attributeValue, CancellationToken cancellationToken = default);
}
