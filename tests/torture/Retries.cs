using Agents.Testing.Attacks;
using Agents.Testing.Requests;

namespace Agents.Torture;

/// <summary>What comes more than once: 3,000 creating requests repeated while replicas are killed, and replies to tools in a hundred shuffles.</summary>
internal static class Retries
{
    public static async Task<bool> RunAsync(TortureOptions options, CancellationToken cancellationToken)
    {
        await using var stack = new AttackedStack();
        await stack.InitializeAsync();
        var replies = await new RepeatedReplies(stack, options.Seed).RunAsync(shuffles: Math.Max(1, options.Count / 30), events: 1_000, cancellationToken);
        Console.WriteLine(replies);
        var retries = await new ClientRetries(stack, options.Seed).RunAsync(options.Count, kills: options.Count / 30, cancellationToken);
        Console.WriteLine(retries);
        return replies.Good && retries.Good;
    }
}
