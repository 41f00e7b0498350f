using Agents.Conversation.Catalog;
using Agents.Conversation.Sessions;
using Agents.Conversation.Turns;

namespace Agents.Conversation.Memory;

/// <summary>Decides what of a dialogue a prompt repeats: the summary, the window, and what was said earlier and fits the question.</summary>
internal sealed class SessionMemory(RecallIndexes indexes, Embedder embedder, TimeProvider time)
{
    // Meaning is worth waiting for, but no answer waits for long: then words alone have to do.
    private static readonly TimeSpan MeaningLimit = TimeSpan.FromMilliseconds(250);

    public async Task<RememberedDialogue> RecallAsync(SessionRecord session, Agent agent, Turn turn, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var budget = new MemoryBudget(agent.Memory);
        // Until the summary is refreshed, after the turn, the window may be a little larger than its share, for the sake of a stable beginning.
        var window = Latest(session.Window, budget.Window(session) * 5 / 4);
        var shown = window.Select(exchange => exchange.Turn).ToHashSet();
        var older = session.Turns.TakeWhile(id => id != turn.Id).Where(id => !shown.Contains(id)).ToList();
        var recalled = agent.Memory.Recall > 0 && older.Count > 0
            ? await FindAsync(session, agent.Memory.Recall, budget.Recalled, turn, older, cancellationToken)
            : [];
        var kept = session.Summary.Length + window.Sum(exchange => exchange.Length) + recalled.Sum(piece => piece.Text.Length);
        var saved = Math.Max(0, session.HistoryCharacters - kept) / MemoryBudget.CharactersPerToken;
        var use = new MemoryUse(window.Count, recalled.Select(piece => piece.Turn).Distinct().Count(), saved)
        {
            Ms = (int)Math.Ceiling(time.GetElapsedTime(started).TotalMilliseconds),
        };
        return new RememberedDialogue(session.Summary, window, recalled, use);
    }

    /// <summary>The latest exchanges within a size, and always the last one.</summary>
    public static List<Exchange> Latest(IReadOnlyList<Exchange> window, int characters)
    {
        var from = window.Count;
        for (var size = 0; from > 0 && (from == window.Count || size + window[from - 1].Length <= characters); from--)
            size += window[from - 1].Length;
        return [.. window.Skip(from)];
    }

    private async Task<IReadOnlyList<Recalled>> FindAsync(
        SessionRecord session, int limit, int characters, Turn turn, IReadOnlyList<string> older, CancellationToken cancellationToken)
    {
        var index = await indexes.GetAsync(session, older, cancellationToken);
        var found = index.Find(turn.Input, index.HasMeanings ? await MeaningAsync(session, turn, cancellationToken) : null, limit, older);
        var left = characters;
        return [.. found.TakeWhile(piece => (left -= piece.Text.Length) >= 0)];
    }

    private async Task<MeaningVector?> MeaningAsync(SessionRecord session, Turn turn, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(MeaningLimit);
        try
        {
            return await embedder.EmbedAsync(session.Tenant, turn.Id, [turn.Input], limit.Token) is [var meaning] ? meaning : null;
        }
        catch (Exception exception) when (exception is HttpRequestException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // By words alone most is found too.
            return null;
        }
    }
}
