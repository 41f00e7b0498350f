using System.Diagnostics;
using System.Globalization;
using Agents.Conversation.Hooks.Webhooks;
using Agents.Testing;

namespace Agents.Torture.Jobs;

/// <summary>
/// Webhooks to receivers that fail, keep silent, ask for patience, redirect, flap, are gone or down for days, on a simulated clock; see
/// <see cref="WebhookHistory"/>.
/// </summary>
internal static class WebhookDeliveries
{
    public static Task<bool> RunAsync(TortureOptions options, CancellationToken cancellationToken) => RunAsync(options, Console.WriteLine, cancellationToken);

    public static async Task<bool> RunAsync(TortureOptions options, Action<string> say, CancellationToken cancellationToken)
    {
        await using var receiver = await Receiver.StartAsync();
        var started = Stopwatch.GetTimestamp();
        var problems = new List<string>();
        var (attempts, deaths) = (0, 0);
        var tried = new Progress("webhooks", options.Count, say);
        var ends = new Dictionary<DeliveryStatus, int>();
        for (var n = 0; n < options.Count; n++)
        {
            using var history = new WebhookHistory(receiver, unchecked(options.Seed + n));
            await history.RunAsync(cancellationToken);
            problems.AddRange(history.Problems.Select(problem => string.Create(CultureInfo.InvariantCulture, $"--seed {options.Seed + n} --count 1: {problem}")));
            attempts += history.Attempts;
            deaths += history.Deaths;
            ends[history.End] = ends.GetValueOrDefault(history.End) + 1;
            tried.Reached(n + 1);
        }
        say(string.Create(CultureInfo.InvariantCulture, $"""
            webhooks             {options.Count}: {string.Join(", ", ends.OrderBy(end => end.Key).Select(end => $"{end.Value} {end.Key.ToString().ToLowerInvariant()}"))}; {attempts} attempts, {deaths} deaths of a sender
            wrong                {problems.Count}{Statistics.Bound(problems.Count, options.Count)}
            took                 {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s
            """));
        foreach (var problem in problems.Take(20))
            say("  " + problem);
        return problems.Count == 0;
    }
}
