using System.Globalization;
using Dapr.Client;

namespace Agents.Defaults.Identity;

/// <summary>HTTP clients for the other services, through Dapr service invocation. Streams pass unbuffered.</summary>
public sealed class ServiceClients : IDisposable
{
    public HttpClient Conversation { get; } = Create("conversation");

    public HttpClient Retrieval { get; } = Create("retrieval");

    public HttpClient Inference { get; } = Create("inference");

    public void Dispose()
    {
        Conversation.Dispose();
        Retrieval.Dispose();
        Inference.Dispose();
    }

    private static HttpClient Create(string appId)
    {
        // The client knows the sidecar's address by itself, but takes no token unless it is given one.
        var client = DaprClient.CreateInvokeHttpClient(appId, daprApiToken: Environment.GetEnvironmentVariable("DAPR_API_TOKEN"));
        // Each call states its own limit; a long answer that streams must not be cut by the client's overall one.
        client.Timeout = Timeout.InfiniteTimeSpan;
        return client;
    }
}

/// <summary>The internal headers, written by one service and read by another.</summary>
public static class InternalHeaders
{
    public const string Tenant = "x-agents-tenant";
    public const string Turn = "x-agents-turn";
    public const string Job = "x-agents-job";
    public const string Agent = "x-agents-agent";
    public const string AgentVersion = "x-agents-agent-version";
    public const string Lane = "x-agents-lane";
    public const string Session = "x-agents-session";

    /// <summary>Percent-encoded: users have any name.</summary>
    public const string User = "x-agents-user";

    /// <summary>States for whom and what the request is made.</summary>
    public static HttpRequestMessage For(this HttpRequestMessage request, string tenant, string? turn = null) =>
        request.For(tenant, new CallContext(turn, null));

    /// <inheritdoc cref="For(HttpRequestMessage, string, string?)"/>
    public static HttpRequestMessage For(this HttpRequestMessage request, string tenant, CallContext context)
    {
        Add(Tenant, tenant);
        Add(Turn, context.Turn);
        Add(Job, context.Job);
        Add(Agent, context.Agent);
        Add(AgentVersion, context.AgentVersion?.ToString(CultureInfo.InvariantCulture));
        Add(User, context.User is { } user ? Uri.EscapeDataString(user) : null);
        Add(Lane, context.Lane);
        Add(Session, context.Session);
        return request;

        void Add(string name, string? value)
        {
            if (value is not null)
                request.Headers.Add(name, value);
        }
    }
}
