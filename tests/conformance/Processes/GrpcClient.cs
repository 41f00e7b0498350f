using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using Google.Protobuf;

namespace Agents.Conformance.Processes;

/// <summary>How a call ended, and its message if there was one.</summary>
internal sealed record GrpcAnswer(int Status, string Detail, byte[]? Message);

/// <summary>A gRPC client that can also do wrong: it sends the bytes it is given.</summary>
internal sealed class GrpcClient(int port) : IDisposable
{
    private const string Service = "/TaskHubSidecarService/";

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, ActivityHeadersPropagator = null })
    {
        BaseAddress = new Uri($"http://127.0.0.1:{port}"),
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public static byte[] Frame(ReadOnlySpan<byte> message)
    {
        var frame = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame.AsSpan(5));
        return frame;
    }

    public Task<GrpcAnswer> CallAsync(string method, IMessage message, CancellationToken cancel) =>
        SendAsync(Service + method, Frame(message.ToByteArray()), cancel);

    /// <summary>Calls a method that must succeed.</summary>
    public async Task<T> CallAsync<T>(string method, IMessage message, MessageParser<T> parser, CancellationToken cancel)
        where T : IMessage<T>
    {
        var answer = await CallAsync(method, message, cancel);
        Assert.True(answer.Status == 0, $"{method}: {answer.Status} {answer.Detail}");
        return parser.ParseFrom(answer.Message);
    }

    public async Task<GrpcAnswer> SendAsync(string path, byte[] body, CancellationToken cancel, params (string Name, string Value)[] headers)
    {
        using var response = await BeginAsync(path, body, headers, cancel);
        await using var stream = await response.Content.ReadAsStreamAsync(cancel);
        var message = await ReadAsync(stream, cancel);
        while (await ReadAsync(stream, cancel) is not null)
        {
        }

        return new(int.Parse(Find(response, "grpc-status")!, System.Globalization.CultureInfo.InvariantCulture), Uri.UnescapeDataString(Find(response, "grpc-message") ?? ""), message);
    }

    /// <summary>The messages of a stream; <paramref name="cancel"/> ends it.</summary>
    public async IAsyncEnumerable<T> StreamAsync<T>(string method, IMessage message, MessageParser<T> parser, [EnumeratorCancellation] CancellationToken cancel)
        where T : IMessage<T>
    {
        using var response = await BeginAsync(Service + method, Frame(message.ToByteArray()), [], cancel);
        await using var stream = await response.Content.ReadAsStreamAsync(cancel);
        while (await ReadAsync(stream, cancel) is { } bytes) yield return parser.ParseFrom(bytes);
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> BeginAsync(string path, byte[] body, (string Name, string Value)[] headers, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        foreach (var (name, value) in headers) request.Headers.Add(name, value);
        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
    }

    private static async Task<byte[]?> ReadAsync(Stream stream, CancellationToken cancel)
    {
        var header = new byte[5];
        if (await stream.ReadAtLeastAsync(header, 5, throwOnEndOfStream: false, cancel) == 0) return null;
        var message = new byte[BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(1))];
        await stream.ReadExactlyAsync(message, cancel);
        return message;
    }

    private static string? Find(HttpResponseMessage response, string name) =>
        response.TrailingHeaders.TryGetValues(name, out var values) || response.Headers.TryGetValues(name, out values) ? values.Single() : null;
}
