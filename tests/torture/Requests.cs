using Agents.Testing;
using Agents.Testing.Attacks;
using Agents.Testing.Requests;

namespace Agents.Torture;

/// <summary>Callers who mean harm: 200,000 fuzzed requests, broken HTTP, far too much of everything, other tenants' ids, addresses inside.</summary>
internal static class Requests
{
    private const int CrossingSeeds = 5;

    public static async Task<bool> RunAsync(TortureOptions options, CancellationToken cancellationToken)
    {
        await using var stack = new AttackedStack();
        await stack.InitializeAsync();
        var good = true;
        for (var n = 0; n < CrossingSeeds; n++)
            good &= Say(await new TenantCrossing(stack, options.Seed + n).RunAsync(cancellationToken));
        good &= Say(await new AddressAttack(stack, stack.Tool).RunAsync(cancellationToken));
        good &= Say(await new OversizedRequests(stack, options.Seed).RunAsync(options.Count / 400, cancellationToken));
        good &= Say(await new RawRequests(stack).RunAsync(options.Seed, options.Count / 200, cancellationToken));
        good &= Say(await new RequestFuzz(stack, options.Seed).RunAsync(options.Count, operation => operation.Service == "conversation", cancellationToken));
        var restarts = stack.Host.Services.Sum(child => child.Restarts);
        Console.WriteLine($"processes that had to be started again: {restarts}");
        return good && restarts == 0;
    }

    private static bool Say(Trials trials)
    {
        Console.WriteLine(trials);
        return trials.Good;
    }
}
