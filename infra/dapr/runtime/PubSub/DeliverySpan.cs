using System.Diagnostics;
using Agents.LocalRuntime.Http;

namespace Agents.LocalRuntime.PubSub;

/// <summary>The span of one delivery to an app, in the trace of the event.</summary>
internal sealed class DeliverySpan : IDisposable
{
    private readonly Activity? _activity;

    private DeliverySpan(Activity? activity, string? traceParent) => (_activity, TraceParent) = (activity, traceParent);

    /// <summary>What the app is told, or null for an event without a trace.</summary>
    public string? TraceParent { get; }

    public static DeliverySpan Begin(string? eventTraceParent, Subscription subscription)
    {
        if (!ActivityContext.TryParse(eventTraceParent, null, isRemote: true, out var parent)) return new(null, eventTraceParent);
        var activity = RequestTrace.Source.HasListeners()
            ? RequestTrace.Source.StartActivity($"deliver {subscription.PubSubName}/{subscription.Topic}", ActivityKind.Consumer, parent)
            : null;
        return new(activity, activity?.Id ?? $"00-{parent.TraceId}-{ActivitySpanId.CreateRandom()}-{(int)parent.TraceFlags:x2}");
    }

    public void Fail(string problem) => _activity?.SetStatus(ActivityStatusCode.Error, problem);

    public void Dispose() => _activity?.Dispose();
}
