using System.Buffers.Binary;
using System.Collections.Concurrent;
using Dapr.Workflow.Grpc;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Agents.SdkTests.Workflows;

/// <summary>A call of the workflow service as it came over the wire.</summary>
internal sealed record HubCall(string Method, byte[] Body, string? Token, string? ContentType, string? Te, string Protocol)
{
    public T Read<T>(MessageParser<T> parser) where T : IMessage<T> => parser.ParseFrom(Body);
}

/// <summary>The gRPC port of a sidecar: HTTP/2 without TLS, answers by method. A method without an answer fails the test.</summary>
internal sealed class ScriptedTaskHub : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Func<HttpContext, HubCall, Task>> _answers = new();
    private readonly ConcurrentQueue<HubCall> _calls = new();
    private readonly ConcurrentQueue<string> _unexpected = new();
    private readonly WebApplication _app;

    private ScriptedTaskHub()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(it => it.Protocols = HttpProtocols.Http2));
        _app = builder.Build();
        _app.Run(HandleAsync);
    }

    public string Address => _app.Urls.First();

    public IReadOnlyList<HubCall> Calls => [.. _calls];

    public static async Task<ScriptedTaskHub> StartAsync()
    {
        var hub = new ScriptedTaskHub();
        await hub._app.StartAsync(TestContext.Current.CancellationToken);
        return hub;
    }

    /// <summary>Answers every call of a method.</summary>
    public ScriptedTaskHub On(string method, IMessage answer) => On(method, async (context, _) =>
    {
        await WriteAsync(context, answer);
        End(context, GrpcStatus.OK);
    });

    /// <summary>Refuses every call of a method, in the headers, as servers do that have nothing else to say.</summary>
    public ScriptedTaskHub On(string method, GrpcStatus status, string message) => On(method, (context, _) =>
    {
        context.Response.Headers["grpc-status"] = ((int)status).ToString(System.Globalization.CultureInfo.InvariantCulture);
        context.Response.Headers["grpc-message"] = message;
        return Task.CompletedTask;
    });

    public ScriptedTaskHub On(string method, Func<HttpContext, HubCall, Task> answer)
    {
        _answers[method] = answer;
        return this;
    }

    public static async Task WriteAsync(HttpContext context, IMessage message)
    {
        var bytes = message.ToByteArray();
        var frame = new byte[5 + bytes.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), bytes.Length);
        bytes.CopyTo(frame, 5);
        await context.Response.Body.WriteAsync(frame, context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }

    public static void End(HttpContext context, GrpcStatus status, string message = "")
    {
        context.Response.AppendTrailer("grpc-status", ((int)status).ToString(System.Globalization.CultureInfo.InvariantCulture));
        context.Response.AppendTrailer("grpc-message", message);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Assert.Empty(_unexpected);
    }

    private async Task HandleAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var headers = context.Request.Headers;
        var frame = body.ToArray();
        Assert.Equal(frame.Length - 5, BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(1)));
        var call = new HubCall(
            context.Request.Path.Value!, frame[5..], headers["dapr-api-token"], headers.ContentType, headers.TE, context.Request.Protocol);
        _calls.Enqueue(call);
        context.Response.ContentType = "application/grpc";
        var method = call.Method.Replace("/TaskHubSidecarService/", "", StringComparison.Ordinal);
        if (_answers.TryGetValue(method, out var answer)) await answer(context, call);
        else _unexpected.Enqueue(call.Method);
    }
}
