using System.Globalization;
using System.Net.ServerSentEvents;
using Agents.Local.Cli;

namespace Agents.Local.Demo;

/// <summary>Prints a turn's events as plain text: the answer while it streams, its citations, its figures.</summary>
internal static class AnswerPrinter
{
    private const int PassageLength = 160;

    /// <exception cref="LocalHostException">The turn did not complete.</exception>
    public static async Task PrintAsync(
        IAsyncEnumerable<SseItem<TurnEvent>> events, TextWriter output, ProgressBar bar, CancellationToken cancellationToken)
    {
        var citations = new SortedDictionary<int, TurnEvent>();
        await foreach (var item in events.WithCancellation(cancellationToken))
        {
            switch (item.EventType)
            {
                case "turn.delta":
                    await output.WriteAsync(item.Data.Text);
                    await output.FlushAsync(cancellationToken);
                    break;
                case "turn.citation":
                    citations[item.Data.Index] = item.Data;
                    break;
                case "turn.restarted":
                    await output.WriteLineAsync();
                    bar.Say("The answer starts over.");
                    citations.Clear();
                    break;
                case "turn.completed":
                    await output.WriteLineAsync("\n");
                    foreach (var citation in citations.Values)
                        await output.WriteLineAsync($"[{citation.Index}] {citation.Title}, passage {citation.Passage}: {Short(citation.Text)}");
                    if (item.Data.WithoutSources)
                        bar.Say("Search was not available; this answer uses no sources.");
                    await output.WriteLineAsync(Figures(item.Data));
                    return;
                case "turn.failed" or "turn.cancelled":
                    throw new LocalHostException($"The question was not answered ({item.EventType}): {item.Data.Error?.Message ?? "no reason given"}");
            }
        }

        throw new LocalHostException("The answer broke off.");
    }

    private static string Figures(TurnEvent completed) => string.Create(
        CultureInfo.InvariantCulture,
        $"""

        tokens: {completed.Usage?.PromptTokens ?? 0} in, {completed.Usage?.CompletionTokens ?? 0} out
        cost: ${(completed.Usage?.CostMicros ?? 0) / 1_000_000m:0.000000}
        first token: {completed.TtftMs ?? 0:0} ms
        trace: {completed.TraceId ?? "none"}
        """);

    private static string Short(string? text)
    {
        var line = string.Join(' ', (text ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= PassageLength ? line : line[..PassageLength] + "...";
    }
}
