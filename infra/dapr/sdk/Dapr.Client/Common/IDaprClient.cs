namespace Dapr.Common;

/// <summary>A client of the sidecar.</summary>
public interface IDaprClient : IDisposable;
