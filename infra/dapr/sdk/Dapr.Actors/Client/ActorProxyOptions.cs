using System.Text.Json;

namespace Dapr.Actors.Client;

/// <summary>How a proxy reaches the sidecar and writes its arguments.</summary>
public class ActorProxyOptions
{
    /// <summary>How arguments and results become JSON; the default is <see cref="JsonSerializerDefaults.Web"/>.</summary>
    public JsonSerializerOptions JsonSerializerOptions { get; set; } = new(JsonSerializerDefaults.Web);

    /// <summary>The token shown to the sidecar; the default is that of the environment.</summary>
    public string? DaprApiToken { get; set; } = DaprDefaults.GetDefaultDaprApiToken(null);

    /// <summary>The URL of the sidecar's HTTP API; the default is that of the environment.</summary>
    public string HttpEndpoint { get; set; } = DaprDefaults.GetDefaultHttpEndpoint();

    /// <summary>How long a call may take; null is 100 seconds.</summary>
    public TimeSpan? RequestTimeout { get; set; }
}
