using System.Diagnostics;

namespace Agents.LocalRuntime.Http;

/// <summary>
/// The W3C trace context of a request: the caller's trace with a span of this sidecar, or a new trace. The response and
/// everything the request causes (an event, an invocation) carry it on.
/// </summary>
internal sealed class RequestTrace : IDisposable
{
    public static readonly ActivitySource Source = new("Agents.LocalRuntime");

    private readonly Activity? _activity;
    private readonly ActivityTraceId _traceId;
    private readonly ActivitySpanId _spanId;
    private readonly ActivityTraceFlags _flags;
    private string? _traceParent;

    private RequestTrace(Activity? activity, ActivityContext parent, string? baggage)
    {
        _activity = activity;
        State = parent.TraceState;
        Baggage = baggage;
        if (activity is not null)
        {
            (_traceId, _spanId, _flags) = (activity.TraceId, activity.SpanId, activity.ActivityTraceFlags);
            return;
        }

        var known = parent.TraceId != default;
        _traceId = known ? parent.TraceId : ActivityTraceId.CreateRandom();
        _spanId = ActivitySpanId.CreateRandom();
        _flags = known ? parent.TraceFlags : ActivityTraceFlags.Recorded;
    }

    public string? State { get; }

    public string? Baggage { get; }

    public string TraceParent => _traceParent ??= Format(_spanId);

    /// <summary>Continues the caller's trace, or begins one.</summary>
    public static RequestTrace Begin(HttpRequest request, string appId)
    {
        ActivityContext.TryParse(request.Headers.TraceParent, request.Headers.TraceState, isRemote: true, out var parent);
        string? baggage = request.Headers.Baggage;
        if (!Source.HasListeners()) return new(null, parent, baggage);
        var activity = Source.StartActivity(Name(request), ActivityKind.Server, parent);
        activity?.SetTag("dapr.app_id", appId);
        return new(activity, parent, baggage);
    }

    /// <summary>A traceparent for a call this request makes: a span nobody exports, or the exported one of the request.</summary>
    public string Child() => _activity is null ? Format(ActivitySpanId.CreateRandom()) : TraceParent;

    public void WriteTo(IHeaderDictionary response)
    {
        response.TraceParent = TraceParent;
        if (State is not null) response.TraceState = State;
        if (Baggage is not null) response.Baggage = Baggage;
    }

    public void End(int status)
    {
        if (_activity is null) return;
        _activity.SetTag("http.response.status_code", status);
        if (status >= 500) _activity.SetStatus(ActivityStatusCode.Error);
    }

    public void Dispose() => _activity?.Dispose();

    private string Format(ActivitySpanId span) =>
        string.Concat("00-", _traceId.ToHexString(), "-", span.ToHexString() + ((_flags & ActivityTraceFlags.Recorded) != 0 ? "-01" : "-00"));

    /// <summary>The API and the component or app, never keys or topics: span names must stay few.</summary>
    private static string Name(HttpRequest request)
    {
        var segments = (request.Path.Value ?? "").Split('/', 5, StringSplitOptions.RemoveEmptyEntries);
        return segments is [var version, ..] && version.StartsWith("v1.0", StringComparison.Ordinal)
            ? $"{request.Method} {string.Join('/', segments.Take(3))}"
            : $"{request.Method} invoke";
    }
}
