namespace Dapr.Client;

/// <summary>
/// Sends a request for <c>http://{app-id}/path</c> to that app through the sidecar, as <c>/v1.0/invoke/{app-id}/method/path</c>. The
/// answer comes back unchanged, whatever its status, and streams when read with
/// <see cref="HttpCompletionOption.ResponseHeadersRead"/>.
/// </summary>
public class InvocationHandler : DelegatingHandler
{
    private Uri _endpoint = new(DaprDefaults.GetDefaultHttpEndpoint(), UriKind.Absolute);

    /// <summary>The URL of the sidecar's HTTP API; its path is not used.</summary>
    /// <exception cref="UriFormatException">The value is no absolute URL.</exception>
    /// <exception cref="ArgumentException">The value is neither http nor https.</exception>
    public string DaprEndpoint
    {
        get => _endpoint.OriginalString;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            var endpoint = new Uri(value, UriKind.Absolute);
            if (!IsHttp(endpoint))
                throw new ArgumentException($"The Dapr endpoint must use http or https, not '{endpoint.Scheme}'.", nameof(value));
            _endpoint = endpoint;
        }
    }

    /// <summary>An app id whose capitals are kept; a host name in a URL has none.</summary>
    public string? DefaultAppId { get; set; }

    internal string? DaprApiToken { get; set; } = DaprDefaults.GetDefaultDaprApiToken(null);

    /// <inheritdoc />
    /// <exception cref="ArgumentException">The request has no absolute http or https URL.</exception>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var original = request.RequestUri;
        if (original is not { IsAbsoluteUri: true } || !IsHttp(original))
        {
            throw new ArgumentException(
                $"The request URI '{original}' is not a valid Dapr service invocation destination.", nameof(request));
        }

        try
        {
            request.RequestUri = Rewrite(original);
            if (!string.IsNullOrWhiteSpace(DaprApiToken)) request.Headers.Add(SidecarConnection.TokenHeader, DaprApiToken);
            return await base.SendAsync(request, cancellationToken);
        }
        finally
        {
            request.RequestUri = original;
            request.Headers.Remove(SidecarConnection.TokenHeader);
        }
    }

    private Uri Rewrite(Uri uri)
    {
        var appId = uri.Host.Equals(DefaultAppId, StringComparison.OrdinalIgnoreCase) ? DefaultAppId : uri.Host;
        return new Uri(_endpoint, $"/v1.0/invoke/{appId}/method{uri.PathAndQuery}");
    }

    private static bool IsHttp(Uri uri) => uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps;
}
