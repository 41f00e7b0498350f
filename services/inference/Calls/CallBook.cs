using Agents.Defaults.Events;
using Agents.Defaults.Identity;
using Agents.Inference.Completions;
using Agents.Inference.Models;

namespace Agents.Inference.Calls;

/// <summary>Opens the account of each call.</summary>
internal sealed class CallBook(CallTelemetry telemetry, EventPublisher events, TimeProvider time)
{
    public Call Open(ChatRequest request, Model model, Caller caller) => new(request, model, caller, telemetry, events, time);
}

internal static class CallServices
{
    public static IServiceCollection AddCalls(this IServiceCollection services) =>
        services.AddSingleton<CallTelemetry>().AddSingleton<CallBook>();
}
