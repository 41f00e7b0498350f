using Agents.Defaults.Errors;
using Agents.Defaults.Identity;
using Agents.Inference.Accounts;
using Agents.Inference.Budgets;
using Agents.Inference.Routing;

namespace Agents.Inference.Calls;

/// <summary>Opens the account of each call: first <see cref="ReserveAsync"/>, then <see cref="Open"/>.</summary>
internal sealed class CallBook(CallTelemetry telemetry, BudgetBook budgets, Treasury treasury, TimeProvider time)
{
    /// <summary>The meters against which the caller's calls count now; none when no budget applies.</summary>
    public IReadOnlyList<Meter> Meters(Caller caller) => budgets.Meters(caller.Tenant, caller.Key, caller.Context.Agent, time.GetUtcNow());

    /// <summary>Sets aside what the call may take at most, or says why it may not be made.</summary>
    public ValueTask<(Reservation? Reservation, Problem? Refusal)> ReserveAsync(
        CallWork work, ModelRoute route, Caller caller, IReadOnlyList<Meter> meters, CancellationToken cancellationToken)
    {
        var most = route.HighestPrice.Of(new Usage(work.MaxInput, work.MaxOutput, 0, Estimated: true));
        return treasury.ReserveAsync(caller.Tenant, meters, new Amounts(most, 1, (long)work.MaxInput + work.MaxOutput), cancellationToken);
    }

    /// <summary>Not asynchronous, because the call's span becomes the current one.</summary>
    public Call Open(CallWork work, ModelRoute route, Caller caller, Reservation reservation) =>
        new(work, route, caller, reservation, telemetry, treasury, time);
}

internal static class CallServices
{
    public static IServiceCollection AddCalls(this IServiceCollection services) =>
        services.AddSingleton<CallTelemetry>().AddSingleton<CallBook>();
}
