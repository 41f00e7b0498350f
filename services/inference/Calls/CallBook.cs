using Agents.Defaults.Events;
using Agents.Defaults.Identity;
using Agents.Inference.Models;
using Agents.Inference.Providers;

namespace Agents.Inference.Calls;

/// <summary>Opens the account of each call.</summary>
internal sealed class CallBook(CallTelemetry telemetry, EventPublisher events, TimeProvider time)
{
    private const string CallId = "x-agents-call-id";

    /// <summary>A call from the opening of its account to its end, and the refusal or failure it may end with.</summary>
    /// <param name="answer">Sends the answer and notes in the account that it succeeded.</param>
    public async Task<IResult> RunAsync(ICallRequest request, Model model, Caller caller, HttpContext context, Func<Call, Task> answer)
    {
        using var call = Open(request, model, caller);
        context.Response.Headers[CallId] = call.Id;
        try
        {
            await answer(call);
            return Results.Empty;
        }
        catch (ProviderException failure)
        {
            call.Fail(failure.Problem.Code);
            return failure.Problem;
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            call.Fail("client_closed");
            throw;
        }
    }

    internal Call Open(ICallRequest request, Model model, Caller caller) => new(request, model, caller, telemetry, events, time);
}

internal static class CallServices
{
    public static IServiceCollection AddCalls(this IServiceCollection services) =>
        services.AddSingleton<CallTelemetry>().AddSingleton<CallBook>();
}
