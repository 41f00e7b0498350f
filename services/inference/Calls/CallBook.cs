using Agents.Defaults.Identity;
using Agents.Inference.Accounts;
using Agents.Inference.Budgets;
using Agents.Inference.Providers;
using Agents.Inference.Routing;

namespace Agents.Inference.Calls;

/// <summary>Keeps the account of each call.</summary>
internal sealed class CallBook(CallTelemetry telemetry, BudgetBook budgets, Treasury treasury, TimeProvider time)
{
    private const string CallId = "x-agents-call-id";

    /// <summary>A call from the reservation of its money to its end, and the refusal or failure it may end with.</summary>
    /// <param name="answer">Sends the answer and notes in the account that it succeeded.</param>
    public async Task<IResult> RunAsync(CallWork work, ModelRoute route, Caller caller, HttpContext context, Func<Call, Task> answer)
    {
        var meters = budgets.Meters(caller.Tenant, caller.Key, caller.Context.Agent, time.GetUtcNow());
        var most = route.HighestPrice.Of(new Usage(work.MaxInput, work.MaxOutput, 0, Estimated: true));
        var (reservation, refusal) = await treasury.ReserveAsync(
            caller.Tenant, meters, new Amounts(most, 1, (long)work.MaxInput + work.MaxOutput), context.RequestAborted);
        if (reservation is null)
            return refusal!;
        using var call = new Call(work, route, caller, reservation, telemetry, treasury, time);
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
}

internal static class CallServices
{
    public static IServiceCollection AddCalls(this IServiceCollection services) =>
        services.AddSingleton<CallTelemetry>().AddSingleton<CallBook>();
}
