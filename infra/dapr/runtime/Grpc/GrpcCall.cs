using System.Globalization;
using Agents.LocalRuntime.Apps;
using Google.Protobuf;

namespace Agents.LocalRuntime.Grpc;

/// <summary>One call to a sidecar: its message, its deadline, and the way to answer it.</summary>
internal sealed class GrpcCall : IDisposable
{
    private readonly HttpContext _http;
    private readonly CancellationTokenSource _deadline;
    private readonly CancellationTokenSource _ended;

    public GrpcCall(HttpContext http, Sidecar sidecar, TimeProvider time)
    {
        (_http, Sidecar) = (http, sidecar);
        _deadline = new(Timeout(http.Request.Headers["grpc-timeout"]), time);
        _ended = CancellationTokenSource.CreateLinkedTokenSource(_deadline.Token, http.RequestAborted, sidecar.Stopping);
    }

    public Sidecar Sidecar { get; }

    /// <summary>Tells the connections of clients apart.</summary>
    public string ConnectionId => _http.Connection.Id;

    /// <summary>The caller's trace, or null.</summary>
    public string? TraceParent => _http.Request.Headers.TraceParent;

    /// <summary>The caller has gone, its deadline has passed, or the sidecar stops.</summary>
    public CancellationToken Ended => _ended.Token;

    public bool IsPastDeadline => _deadline.IsCancellationRequested;

    /// <exception cref="GrpcException">It is no such message.</exception>
    public async Task<T> ReadAsync<T>(MessageParser<T> parser, Func<ReadOnlyMemory<byte>, Task>? refused = null)
        where T : IMessage<T>
    {
        var bytes = await GrpcFrame.ReadAsync(_http.Request.BodyReader, Sidecar.Spec.MaxBodySize, refused, Ended);
        try
        {
            return parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException error)
        {
            throw new GrpcException(GrpcStatus.Internal, $"grpc: error unmarshalling request: {error.Message}");
        }
    }

    /// <summary>Sends the headers, for a caller that waits for messages to come.</summary>
    public async Task BeginAsync()
    {
        await _http.Response.StartAsync(Ended);
        await _http.Response.BodyWriter.FlushAsync(Ended);
    }

    public async Task WriteAsync(IMessage message)
    {
        GrpcFrame.Write(_http.Response.BodyWriter, message);
        await _http.Response.BodyWriter.FlushAsync(Ended);
    }

    /// <summary>Writes a message that leaves together with the trailers.</summary>
    public void Answer(IMessage message) => GrpcFrame.Write(_http.Response.BodyWriter, message);

    public void Dispose()
    {
        _ended.Dispose();
        _deadline.Dispose();
    }

    /// <summary>A number of at most eight digits and a unit; anything else is no deadline.</summary>
    private static TimeSpan Timeout(string? header)
    {
        var infinite = System.Threading.Timeout.InfiniteTimeSpan;
        if (header is not { Length: >= 2 and <= 9 } || !long.TryParse(header.AsSpan(0, header.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return infinite;
        var timeout = header[^1] switch
        {
            'H' => TimeSpan.FromHours(number),
            'M' => TimeSpan.FromMinutes(number),
            'S' => TimeSpan.FromSeconds(number),
            'm' => TimeSpan.FromMilliseconds(number),
            'u' => TimeSpan.FromMicroseconds(number),
            'n' => TimeSpan.FromTicks(number / 100),
            _ => infinite,
        };
        return timeout > TimeSpan.FromDays(40) ? infinite : timeout;
    }
}
