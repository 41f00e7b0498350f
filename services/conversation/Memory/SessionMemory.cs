using Agents.Conversation.Catalog;
using Agents.Conversation.Sessions;
using Agents.Conversation.Turns;

namespace Agents.Conversation.Memory;

/// <summary>Decides what of a dialogue a prompt repeats: the summary, the window, and earlier exchanges that fit the question.</summary>
internal sealed class SessionMemory(RecallIndexes indexes)
{
    public const int CharactersPerToken = 4;

    private const int MaxRecalledCharacters = 600;

    public async Task<RememberedDialogue> RecallAsync(SessionRecord session, Agent agent, Turn turn, CancellationToken cancellationToken)
    {
        var policy = agent.Memory;
        // Between two refreshes of the summary the window may outgrow its budget by half, for the sake of a stable beginning.
        var window = Latest(session.Window, policy.WindowTokens * CharactersPerToken * 3 / 2);
        var older = session.Turns.TakeWhile(id => id != turn.Id).ToList();
        older = older[..Math.Max(0, older.Count - window.Count)];
        IReadOnlyList<Exchange> recalled = [];
        if (policy.Recall > 0 && older.Count > 0)
        {
            var index = await indexes.GetAsync(session, older, cancellationToken);
            recalled = [.. index.Find(turn.Input, policy.Recall, older).Select(Short).Where(exchange => !window.Contains(exchange))];
        }
        var kept = session.Summary.Length + window.Sum(exchange => exchange.Length) + recalled.Sum(exchange => exchange.Length);
        var saved = Math.Max(0, session.HistoryCharacters - kept) / CharactersPerToken;
        return new RememberedDialogue(session.Summary, window, recalled, new MemoryUse(window.Count, recalled.Count, saved));
    }

    /// <summary>The latest exchanges within a size, and always the last one.</summary>
    public static List<Exchange> Latest(IReadOnlyList<Exchange> window, int characters)
    {
        var from = window.Count;
        for (var size = 0; from > 0 && (from == window.Count || size + window[from - 1].Length <= characters); from--)
            size += window[from - 1].Length;
        return [.. window.Skip(from)];
    }

    private static Exchange Short(Exchange exchange) => new(Short(exchange.Input), Short(exchange.Output));

    private static string Short(string text) => text.Length > MaxRecalledCharacters ? text[..MaxRecalledCharacters] + "..." : text;
}
