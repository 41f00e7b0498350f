using System.Net;
using System.Net.Sockets;

namespace Agents.LocalRuntime.Apps;

/// <summary>The way from a sidecar to its app: address, token, the limit of simultaneous calls, and whether it is there.</summary>
internal sealed class AppChannel : IDisposable
{
    private readonly HttpMessageInvoker _client;
    private readonly SemaphoreSlim? _slots;
    private volatile TaskCompletionSource _changed = NewSignal();
    private volatile bool _reachable;
    private volatile int _farewells;
    private volatile bool _healthy = true;

    public AppChannel(AppSpec spec, int port, HttpMessageInvoker client)
    {
        _client = client;
        EndPoint = new DnsEndPoint(spec.AppChannelAddress, port);
        Address = $"http://{spec.AppChannelAddress}:{port}";
        Token = spec.Variable("APP_API_TOKEN") is { Length: > 0 } token ? token : null;
        if (spec.AppMaxConcurrency > 0) _slots = new(spec.AppMaxConcurrency);
    }

    public DnsEndPoint EndPoint { get; }

    /// <summary>Scheme, host and port, without a slash at the end.</summary>
    public string Address { get; }

    /// <summary>What the app knows its sidecar by, or null.</summary>
    public string? Token { get; }

    /// <summary>The app accepts connections and has told its subscriptions.</summary>
    public bool IsReachable => _reachable;

    /// <summary>The last health probes did not fail too often; true without probes.</summary>
    public bool IsHealthy => _healthy;

    /// <summary>How often the silent connection of the watch has ended: with the app's process, as a rule.</summary>
    public int Farewells => _farewells;

    public bool IsUp => _reachable && _healthy;

    /// <summary>Completes at the next change of reachability or health; take it before looking at them.</summary>
    public Task Changed => _changed.Task;

    public static HttpMessageInvoker CreateClient() => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        AutomaticDecompression = DecompressionMethods.None,

        // The trace headers are this runtime's own business.
        ActivityHeadersPropagator = null,
        ConnectTimeout = TimeSpan.FromSeconds(5),

        // Shorter than the idle time after which common servers (Kestrel: 130 s) close a connection.
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60),
    });

    /// <summary>Sends a request to the app; the answer's body is still to be read.</summary>
    /// <exception cref="HttpRequestException">The app is not there or broke the connection.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancel, bool withToken = true)
    {
        if (Token is not null && withToken)
        {
            request.Headers.Remove("dapr-api-token");
            request.Headers.TryAddWithoutValidation("dapr-api-token", Token);
        }

        try
        {
            return await _client.SendAsync(request, cancel);
        }
        catch (HttpRequestException error) when (IsConnectFailure(error))
        {
            ReportGone();
            throw;
        }
    }

    /// <summary>Waits for one of the app's call slots; dispose the result to give it back.</summary>
    public async ValueTask<Slot> EnterAsync(CancellationToken cancel)
    {
        if (_slots is not null) await _slots.WaitAsync(cancel);
        return new(_slots);
    }

    /// <summary>No connection was made, so nothing of the request reached the app.</summary>
    public static bool IsConnectFailure(HttpRequestException error) =>
        error.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError;

    /// <summary>Whether something listens on the app's port at this moment.</summary>
    public async Task<bool> AcceptsConnectionsAsync(CancellationToken cancel)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(EndPoint, cancel);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public async ValueTask WaitUntilUpAsync(CancellationToken cancel)
    {
        while (true)
        {
            var changed = Changed;
            if (IsUp) return;
            await changed.WaitAsync(cancel);
        }
    }

    public void CountFarewell() => _farewells++;

    public void ReportGone()
    {
        if (_reachable) SetReachable(false);
    }

    public void SetReachable(bool reachable)
    {
        _reachable = reachable;
        Signal();
    }

    public void SetHealthy(bool healthy)
    {
        _healthy = healthy;
        Signal();
    }

    public void Dispose() => _slots?.Dispose();

    private void Signal()
    {
        var changed = _changed;
        _changed = NewSignal();
        changed.TrySetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal readonly struct Slot(SemaphoreSlim? slots) : IDisposable
    {
        public void Dispose() => slots?.Release();
    }
}
