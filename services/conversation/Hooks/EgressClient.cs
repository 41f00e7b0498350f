using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Agents.Conversation.Hooks;

/// <summary>
/// The way out for requests whose target somebody else chose. Every address that a name stands for is checked at the moment of
/// connecting, and the one that was checked is connected to, so that a name cannot change its meaning in between. Redirects are not
/// followed, cookies not kept, proxies not asked.
/// </summary>
/// <remarks>
/// <c>Egress:Allow</c> lists <c>host:port</c> that may be called although their address is not public. The sidecar's own ports never may.
/// </remarks>
internal sealed class EgressClient : IDisposable
{
    /// <summary>What is said of a target that may not be called; safe to show, and the same for all of them.</summary>
    public const string NotAllowed = "The address is not allowed: only public hosts are called, by http or https.";

    private const long MaxAnswer = 1 << 20;
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(5);

    private readonly HashSet<string> _allowed;
    private readonly HashSet<int> _never;
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve;

    public EgressClient(IConfiguration configuration)
        : this(configuration, Dns.GetHostAddressesAsync)
    {
    }

    internal EgressClient(IConfiguration configuration, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
    {
        _resolve = resolve;
        _allowed = (configuration.GetSection("Egress:Allow").Get<string[]>() ?? []).ToHashSet(StringComparer.OrdinalIgnoreCase);
        _never = [.. ((string[])["DAPR_HTTP_PORT", "DAPR_GRPC_PORT", "APP_PORT"])
            .Select(name => int.TryParse(configuration[name], NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : 0)];
        Http = new HttpClient(new AnswerLimit(MaxAnswer, new SocketsHttpHandler
        {
            ConnectCallback = ConnectAsync,
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            MaxResponseHeadersLength = 32,
            PooledConnectionLifetime = TimeSpan.FromMinutes(1),
        }))
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>Answers end with an <see cref="IOException"/> after 1 MB. Each request needs its own limit of time.</summary>
    public HttpClient Http { get; }

    /// <summary>Why an address may not even be tried; null when it may.</summary>
    public static string? Fault(Uri address) =>
        address is { IsAbsoluteUri: true, Scheme: "http" or "https", UserInfo.Length: 0 } ? null : NotAllowed;

    /// <summary>Whether an address may be tried as far as it says itself; what a name stands for is looked at when it is called.</summary>
    public bool MayCall(Uri address) => Fault(address) is null
        && (!IPAddress.TryParse(address.DnsSafeHost, out var literal) || PublicAddress.Is(literal) || _allowed.Contains(address.Authority));

    /// <summary>Whether a request failed because its target may not be called.</summary>
    public static bool IsRefusal(Exception? exception) => exception is EgressRefusedException || (exception is not null && IsRefusal(exception.InnerException));

    public void Dispose() => Http.Dispose();

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ConnectLimit);
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await _resolve(host, limit.Token);
        var named = _allowed.Contains(string.Create(CultureInfo.InvariantCulture, $"{host}:{port}"));
        // One address that is not public is enough: who answers with both is up to something.
        if (addresses.Length == 0 || (!named && !addresses.All(PublicAddress.Is)) || (_never.Contains(port) && addresses.Any(IPAddress.IsLoopback)))
            throw new EgressRefusedException();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, limit.Token);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed class EgressRefusedException() : Exception(NotAllowed);
}
