using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using Dapr.Client;
using Google.Protobuf;

namespace Dapr.Workflow.Grpc;

/// <summary>The workflow service of the sidecar: gRPC frames over HTTP/2, without TLS when the endpoint is <c>http</c>.</summary>
/// <remarks>Calls throw <see cref="DaprApiException"/> with the name of the gRPC status as its code.</remarks>
internal sealed class TaskHub : IDisposable
{
    private const string Service = "TaskHubSidecarService";

    private readonly HttpClient _http;
    private readonly Uri _endpoint;

    public TaskHub(string endpoint, string? token)
    {
        _endpoint = new Uri(endpoint, UriKind.Absolute);
        var handler = SidecarConnection.CreateHandler();
        // A call may rightly wait for days. Pings tell a sidecar that works from one that is gone without a word.
        handler.KeepAlivePingDelay = TimeSpan.FromSeconds(15);
        handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(10);
        handler.EnableMultipleHttp2Connections = true;
        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        if (!string.IsNullOrWhiteSpace(token)) _http.DefaultRequestHeaders.TryAddWithoutValidation(SidecarConnection.TokenHeader, token);
    }

    /// <summary>Calls a method and gives its answer.</summary>
    public async Task<T> CallAsync<T>(string method, IMessage request, MessageParser<T> parser, CancellationToken cancellationToken)
        where T : class, IMessage<T>
    {
        T? answer = null;
        await foreach (var message in StreamAsync(method, request, parser, cancellationToken)) answer ??= message;
        return answer ?? throw GrpcError.Of(GrpcStatus.Internal, $"The sidecar did not answer {method}.");
    }

    /// <summary>Calls a method that answers with many messages.</summary>
    public async IAsyncEnumerable<T> StreamAsync<T>(
        string method, IMessage request, MessageParser<T> parser, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class, IMessage<T>
    {
        using var response = await UnlessBroken(SendAsync(method, request, cancellationToken));
        GrpcError.ThrowUnlessGrpc(response);
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        while (await UnlessBroken(GrpcFrame.ReadAsync(body, parser, cancellationToken)) is { } message) yield return message;
        GrpcError.ThrowUnlessOk(response);
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(string method, IMessage message, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_endpoint, $"/{Service}/{method}"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(GrpcFrame.Write(message)),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    private static async Task<T> UnlessBroken<T>(Task<T> call)
    {
        try
        {
            return await call;
        }
        catch (Exception error) when (GrpcError.IsBroken(error))
        {
            throw GrpcError.Broken(error);
        }
    }
}
