using System.Diagnostics;
using Dapr.Workflow.Protocol;

namespace Agents.LocalRuntime.Workflows;

/// <summary>The W3C trace contexts in histories: one trace per instance, a span for each thing it asks for.</summary>
internal static class TraceIds
{
    /// <summary>Goes on with the caller's trace, or begins one.</summary>
    public static TraceContext Begin(string? traceParent)
    {
        var known = ActivityContext.TryParse(traceParent, null, out var caller);
        return Context(known ? caller.TraceId : ActivityTraceId.CreateRandom());
    }

    /// <summary>A new span in the trace of another; null stays null.</summary>
    public static TraceContext? Child(TraceContext? parent) =>
        parent is not null && ActivityContext.TryParse(parent.TraceParent, null, out var context) ? Context(context.TraceId) : null;

    private static TraceContext Context(ActivityTraceId trace)
    {
        var span = ActivitySpanId.CreateRandom().ToHexString();
        return new() { TraceParent = $"00-{trace.ToHexString()}-{span}-01", SpanID = span, TraceState = "" };
    }
}
