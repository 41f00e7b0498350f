using System.Text;
using Dapr.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Agents.SdkTests.Scripted;

/// <summary>What a client really sent; the target is the path and query as they stood on the wire.</summary>
internal sealed record ReceivedRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public string? Header(string name) => Headers.GetValueOrDefault(name);
}

/// <summary>
/// A sidecar on a real port that gives scripted answers, each once and in any order. A request that is not in the script, or an answer
/// nobody asked for, fails the test when the sidecar is disposed.
/// </summary>
internal sealed class ScriptedSidecar : IAsyncDisposable
{
    private const char AnyEnd = '*';

    private readonly Lock _lock = new();
    private readonly List<(string Request, RequestDelegate Answer)> _script = [];
    private readonly List<ReceivedRequest> _received = [];
    private readonly List<string> _unexpected = [];
    private readonly WebApplication _app;

    private ScriptedSidecar()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(HandleAsync);
    }

    public string Address => _app.Urls.First();

    public IReadOnlyList<ReceivedRequest> Received
    {
        get
        {
            lock (_lock) return [.. _received];
        }
    }

    public static async Task<ScriptedSidecar> StartAsync()
    {
        var sidecar = new ScriptedSidecar();
        await sidecar._app.StartAsync(TestContext.Current.CancellationToken);
        return sidecar;
    }

    public ScriptedSidecar Answer(string request, int status = 204, string? body = null, string? etag = null) => Answer(request, context =>
    {
        context.Response.StatusCode = status;
        if (etag is not null) context.Response.Headers.ETag = etag;
        return body is null ? Task.CompletedTask : context.Response.WriteAsync(body);
    });

    public ScriptedSidecar Answer(string request, RequestDelegate answer)
    {
        lock (_lock) _script.Add((request, answer));
        return this;
    }

    /// <summary>Answers one request whose line begins so with 204.</summary>
    public ScriptedSidecar AnswerAny(string beginning) => Answer(beginning + AnyEnd);

    public DaprClient Client(Action<DaprClientBuilder>? configure = null)
    {
        var builder = new DaprClientBuilder().UseHttpEndpoint(Address).UseDaprApiToken("");
        configure?.Invoke(builder);
        return builder.Build();
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Assert.Empty(_unexpected);
        Assert.Empty(_script.Select(entry => entry.Request));
    }

    private async Task HandleAsync(HttpContext context)
    {
        using var body = new StreamReader(context.Request.Body, Encoding.UTF8);
        var request = new ReceivedRequest(
            context.Request.Method,
            context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
            context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            await body.ReadToEndAsync(context.RequestAborted));

        await Next(request)(context);
    }

    private RequestDelegate Next(ReceivedRequest request)
    {
        var line = $"{request.Method} {request.Target}";
        lock (_lock)
        {
            _received.Add(request);
            var index = _script.FindIndex(entry => Matches(entry.Request, line));
            if (index < 0)
            {
                _unexpected.Add(line);
                return context =>
                {
                    context.Response.StatusCode = StatusCodes.Status501NotImplemented;
                    return Task.CompletedTask;
                };
            }

            var answer = _script[index].Answer;
            _script.RemoveAt(index);
            return answer;
        }
    }

    private static bool Matches(string request, string line) => request.EndsWith(AnyEnd)
        ? line.StartsWith(request[..^1], StringComparison.Ordinal)
        : line == request;
}
