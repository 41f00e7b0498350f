using System.Collections.Concurrent;
using Google.Protobuf;

namespace Agents.EndToEnd.Tests;

/// <summary>A span as OTLP carries it: only what the tests look at.</summary>
public sealed record Span(string Service, string TraceId, string SpanId, string ParentId, string Name);

/// <summary>
/// Receives OTLP over HTTP and keeps the spans. Field numbers: opentelemetry-proto, trace/v1/trace.proto and
/// collector/trace/v1/trace_service.proto.
/// </summary>
public sealed class Collector : IAsyncDisposable
{
    private readonly ConcurrentQueue<Span> _spans = new();
    private WebApplication? _app;

    public string Address => _app?.Urls.Single() ?? throw new InvalidOperationException("The collector has not started.");

    public IReadOnlyCollection<Span> Spans => _spans;

    /// <summary>How many requests with metrics and with logs have come.</summary>
    public int Metrics => _metrics;

    private int _metrics;

    public int Logs => _logs;

    private int _logs;

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost("/v1/traces", async (HttpRequest request) => Read(await BodyAsync(request)));
        _app.MapPost("/v1/metrics", () => { Interlocked.Increment(ref _metrics); });
        _app.MapPost("/v1/logs", () => { Interlocked.Increment(ref _logs); });
        await _app.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
    }

    private static async Task<byte[]> BodyAsync(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        return body.ToArray();
    }

    private void Read(byte[] request)
    {
        foreach (var resourceSpans in Fields(request, 1))
        {
            var service = Fields(resourceSpans, 1).SelectMany(resource => Fields(resource, 1)).Where(pair => Text(pair, 1) == "service.name")
                .SelectMany(pair => Fields(pair, 2)).Select(value => Text(value, 1)).FirstOrDefault("");
            foreach (var span in Fields(resourceSpans, 2).SelectMany(scope => Fields(scope, 2)))
                _spans.Enqueue(new Span(service, Hex(span, 1), Hex(span, 2), Hex(span, 4), Text(span, 5)));
        }
    }

    private static string Text(byte[] message, int field) => Fields(message, field).Select(System.Text.Encoding.UTF8.GetString).FirstOrDefault("");

    private static string Hex(byte[] message, int field) => Convert.ToHexStringLower(Fields(message, field).FirstOrDefault([]));

    private static List<byte[]> Fields(byte[] message, int field)
    {
        var found = new List<byte[]>();
        var input = new CodedInputStream(message);
        while (input.ReadTag() is var tag && tag != 0)
        {
            if (WireFormat.GetTagFieldNumber(tag) == field && WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited)
                found.Add(input.ReadBytes().ToByteArray());
            else
                input.SkipLastField();
        }
        return found;
    }
}
