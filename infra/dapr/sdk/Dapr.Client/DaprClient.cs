using System.Net.Http.Headers;
using System.Reflection;
using System.Text.Json;

namespace Dapr.Client;

/// <summary>The building blocks of the sidecar next to this app. One instance serves the whole process and all its threads.</summary>
/// <remarks>
/// A subset of the official class of the same name, over the sidecar's HTTP API instead of gRPC. What that changes: values are sent as
/// JSON and the sidecar stores them re-serialised (members sorted, integers above 2^53 lose precision); the inner exception of a
/// <see cref="DaprException"/> is an <see cref="HttpRequestException"/>; several keys are deleted by several calls. Members with gRPC
/// types, byte state, bindings, configuration, locks and cryptography are not part of it.
/// Every call throws <see cref="DaprException"/> when the sidecar refuses, fails or cannot be reached, and
/// <see cref="ArgumentException"/> before anything is sent when a name or key is missing.
/// </remarks>
public abstract partial class DaprClient : IDisposable
{
    private bool _disposed;

    /// <summary>How values are turned into JSON and back.</summary>
    public abstract JsonSerializerOptions JsonSerializerOptions { get; }

    /// <summary>Closes the connections to the sidecar.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what the implementation holds; called once.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }

    /// <summary>How this client names itself to the sidecar: <c>dapr-sdk-dotnet/v{version}</c>.</summary>
    protected static ProductInfoHeaderValue UserAgent()
    {
        var version = typeof(DaprClient).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
        return new ProductInfoHeaderValue("dapr-sdk-dotnet", $"v{version}");
    }
}
