namespace Dapr.Client;

public abstract partial class DaprClient
{
    /// <summary>
    /// An <see cref="HttpClient"/> whose requests go to other apps through the sidecar. It is meant to be kept and shared. Redirects are
    /// handed back to the caller, because following one would leave the sidecar's path.
    /// </summary>
    /// <param name="appId">The app that relative URLs address; without it every request names its app as the host.</param>
    /// <param name="daprEndpoint">The URL of the sidecar; null takes <see cref="DaprDefaults.GetDefaultHttpEndpoint"/>.</param>
    /// <param name="daprApiToken">The token shown to the sidecar; null shows none, whatever the environment says.</param>
    /// <exception cref="ArgumentException"><paramref name="appId"/> is no valid host name.</exception>
    public static HttpClient CreateInvokeHttpClient(string? appId = null, string? daprEndpoint = null, string? daprApiToken = null)
    {
        var handler = new InvocationHandler
        {
            InnerHandler = new ResetHandler(SidecarConnection.CreateHandler()),
            DaprApiToken = daprApiToken,
            DefaultAppId = appId,
        };
        if (daprEndpoint is not null) handler.DaprEndpoint = daprEndpoint;

        var http = new HttpClient(handler);
        http.DefaultRequestHeaders.UserAgent.Add(UserAgent());
        if (appId is null) return http;
        if (!Uri.TryCreate($"http://{appId}", UriKind.Absolute, out var address))
            throw new ArgumentException("The appId must be a valid hostname.", nameof(appId));
        http.BaseAddress = address;
        return http;
    }

    /// <summary>As <see cref="CreateInvokeHttpClient"/>, with the endpoint and the token of this client.</summary>
    public abstract HttpClient CreateInvokableHttpClient(string? appId = null);

    /// <summary>A POST request to a method of an app, to be sent by any <see cref="HttpClient"/>.</summary>
    public HttpRequestMessage CreateInvokeMethodRequest(string appId, string methodName) =>
        CreateInvokeMethodRequest(HttpMethod.Post, appId, methodName);

    /// <summary>A POST request with query parameters to a method of an app.</summary>
    public HttpRequestMessage CreateInvokeMethodRequest(
        string appId, string methodName, IReadOnlyCollection<KeyValuePair<string, string>> queryStringParameters) =>
        CreateInvokeMethodRequest(HttpMethod.Post, appId, methodName, queryStringParameters);

    /// <summary>A request to a method of an app.</summary>
    public abstract HttpRequestMessage CreateInvokeMethodRequest(HttpMethod httpMethod, string appId, string methodName);

    /// <summary>A request with query parameters to a method of an app.</summary>
    /// <param name="httpMethod">The HTTP method.</param>
    /// <param name="appId">The app to call.</param>
    /// <param name="methodName">A path below the app, which may have slashes and a query of its own.</param>
    /// <param name="queryStringParameters">Added to the query, escaped.</param>
    public abstract HttpRequestMessage CreateInvokeMethodRequest(
        HttpMethod httpMethod, string appId, string methodName, IReadOnlyCollection<KeyValuePair<string, string>> queryStringParameters);

    /// <summary>A POST request with a JSON body to a method of an app.</summary>
    public HttpRequestMessage CreateInvokeMethodRequest<TRequest>(string appId, string methodName, TRequest data) =>
        CreateInvokeMethodRequest(HttpMethod.Post, appId, methodName, [], data);

    /// <summary>A request with query parameters and a JSON body to a method of an app.</summary>
    public abstract HttpRequestMessage CreateInvokeMethodRequest<TRequest>(
        HttpMethod httpMethod, string appId, string methodName, IReadOnlyCollection<KeyValuePair<string, string>> queryStringParameters,
        TRequest data);
}
