using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Dapr;

/// <summary>Where the sidecar is and which tokens are used, read from the configuration first and then from the environment.</summary>
public static class DaprDefaults
{
    /// <summary>Names the token an app shows to its sidecar.</summary>
    public const string DaprApiTokenEnvironmentVariableName = "DAPR_API_TOKEN";

    /// <summary>Names the token a sidecar shows to its app.</summary>
    public const string AppApiTokenEnvironmentVariableName = "APP_API_TOKEN";

    /// <summary>Names the URL of the sidecar's HTTP API; it wins over the port.</summary>
    public const string DaprHttpEndpointEnvironmentVariableName = "DAPR_HTTP_ENDPOINT";

    /// <summary>Names the port of the sidecar's HTTP API.</summary>
    public const string DaprHttpPortEnvironmentVariableName = "DAPR_HTTP_PORT";

    /// <summary>Names the URL of the sidecar's gRPC API; it wins over the port.</summary>
    public const string DaprGrpcEndpointEnvironmentVariableName = "DAPR_GRPC_ENDPOINT";

    /// <summary>Names the port of the sidecar's gRPC API.</summary>
    public const string DaprGrpcPortEnvironmentVariableName = "DAPR_GRPC_PORT";

    /// <summary>The scheme used when only a port is known.</summary>
    public const string DefaultDaprScheme = "http";

    /// <summary>The host used when only a port is known.</summary>
    public const string DefaultDaprHost = "localhost";

    /// <summary>The HTTP port used when nothing is configured.</summary>
    public const int DefaultHttpPort = 3500;

    /// <summary>The gRPC port used when nothing is configured.</summary>
    public const int DefaultGrpcPort = 50001;

    /// <summary>The token to show to the sidecar; empty when none is set.</summary>
    public static string GetDefaultDaprApiToken(IConfiguration? configuration) =>
        Find(configuration, DaprApiTokenEnvironmentVariableName) ?? "";

    /// <summary>The token the sidecar has to show; empty when none is set.</summary>
    public static string GetDefaultAppApiToken(IConfiguration? configuration) =>
        Find(configuration, AppApiTokenEnvironmentVariableName) ?? "";

    /// <summary>Scheme, host and port of the sidecar's HTTP API, with a trailing slash.</summary>
    /// <exception cref="FormatException">The configured endpoint is no absolute URL, or the configured port is no number.</exception>
    public static string GetDefaultHttpEndpoint(IConfiguration? configuration = null) => Endpoint(
        configuration, DaprHttpEndpointEnvironmentVariableName, DaprHttpPortEnvironmentVariableName, DefaultHttpPort);

    /// <summary>Scheme, host and port of the sidecar's gRPC API, with a trailing slash.</summary>
    /// <exception cref="FormatException">The configured endpoint is no absolute URL, or the configured port is no number.</exception>
    public static string GetDefaultGrpcEndpoint(IConfiguration? configuration = null) => Endpoint(
        configuration, DaprGrpcEndpointEnvironmentVariableName, DaprGrpcPortEnvironmentVariableName, DefaultGrpcPort);

    private static string Endpoint(IConfiguration? configuration, string endpointName, string portName, int defaultPort)
    {
        if (Find(configuration, endpointName) is { } endpoint)
            return new Uri(endpoint, UriKind.Absolute).GetLeftPart(UriPartial.Authority) + "/";

        var port = Find(configuration, portName);
        var number = port is null ? defaultPort : int.Parse(port, CultureInfo.InvariantCulture);
        return $"{DefaultDaprScheme}://{DefaultDaprHost}:{number}/";
    }

    private static string? Find(IConfiguration? configuration, string name)
    {
        var value = configuration?[name];
        if (string.IsNullOrWhiteSpace(value)) value = Environment.GetEnvironmentVariable(name);
        return string.IsNullOrWhiteSpace(value) ? null : value;
    }
}
