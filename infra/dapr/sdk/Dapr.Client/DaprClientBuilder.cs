using System.Text.Json;

namespace Dapr.Client;

/// <summary>Builds a <see cref="DaprClient"/>; what is not set comes from <see cref="DaprDefaults"/>.</summary>
public sealed class DaprClientBuilder
{
    private string _httpEndpoint = DaprDefaults.GetDefaultHttpEndpoint();
    private string? _apiToken = DaprDefaults.GetDefaultDaprApiToken(null);
    private JsonSerializerOptions _json = new(JsonSerializerDefaults.Web);
    private TimeSpan _timeout;

    /// <summary>Sets the URL of the sidecar's HTTP API; its path is not used.</summary>
    public DaprClientBuilder UseHttpEndpoint(string httpEndpoint)
    {
        ArgumentException.ThrowIfNullOrEmpty(httpEndpoint);
        _httpEndpoint = httpEndpoint;
        return this;
    }

    /// <summary>Sets how values become JSON; the default is <see cref="JsonSerializerDefaults.Web"/>.</summary>
    public DaprClientBuilder UseJsonSerializationOptions(JsonSerializerOptions options)
    {
        _json = options;
        return this;
    }

    /// <summary>Sets the token shown to the sidecar; null or blank shows none.</summary>
    public DaprClientBuilder UseDaprApiToken(string apiToken)
    {
        _apiToken = apiToken;
        return this;
    }

    /// <summary>Sets how long a call may take; the default is 100 seconds.</summary>
    public DaprClientBuilder UseTimeout(TimeSpan timeout)
    {
        _timeout = timeout;
        return this;
    }

    /// <summary>Builds the client; the sidecar is not called.</summary>
    /// <exception cref="UriFormatException">The endpoint is no absolute URL.</exception>
    /// <exception cref="InvalidOperationException">The endpoint is neither http nor https.</exception>
    public DaprClient Build()
    {
        var endpoint = new Uri(_httpEndpoint, UriKind.Absolute);
        if (endpoint.Scheme != Uri.UriSchemeHttp && endpoint.Scheme != Uri.UriSchemeHttps)
            throw new InvalidOperationException($"The HTTP endpoint must use http or https, not '{endpoint.Scheme}'.");

        var token = string.IsNullOrWhiteSpace(_apiToken) ? null : _apiToken;
        var http = SidecarConnection.CreateHttpClient(token);
        if (_timeout > TimeSpan.Zero) http.Timeout = _timeout;
        return new DaprHttpClient(http, endpoint, _json, token);
    }
}
