using Agents.Conversation.Sessions;
using Agents.Conversation.Turns;
using Microsoft.Extensions.Caching.Memory;

namespace Agents.Conversation.Memory;

/// <summary>
/// Indexes of the dialogues that this replica was asked about lately: copies, made of the turns' records and meanings when they are
/// needed and dropped after ten minutes without a question, or when they take more than 64 MB together.
/// </summary>
internal sealed class RecallIndexes(TurnStore turns, Meanings meanings) : IDisposable
{
    private const int MaxSize = 64_000_000;
    private const int Overhead = 1_000;
    private const int AtOnce = 256;
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(10);

    private readonly MemoryCache _indexes = new(new MemoryCacheOptions { SizeLimit = MaxSize });

    /// <summary>The index of a session, which holds at least these turns.</summary>
    public async Task<RecallIndex> GetAsync(SessionRecord session, IReadOnlyList<string> wanted, CancellationToken cancellationToken)
    {
        var key = SessionKey.Of(session);
        var index = _indexes.Get<RecallIndex>(key) ?? new RecallIndex();
        var missing = wanted.Where(turn => !index.Has(turn)).ToList();
        if (missing.Count == 0 && index.MeaningsRead.Summarised == session.Summarised)
            return index;
        foreach (var turn in missing.Count > 0 ? await turns.ManyAsync(session, missing, cancellationToken) : [])
        {
            if (turn.Ended)
                index.Add(turn.Id, new Exchange(turn.Input, turn.Output?.Text ?? ""));
        }
        if (index.MeaningsRead.Summarised != session.Summarised)
            await ReadMeaningsAsync(session, index, cancellationToken);
        _indexes.Set(key, index, new MemoryCacheEntryOptions { Size = index.Size + Overhead, SlidingExpiration = Idle });
        return index;
    }

    /// <summary>Forgets a session that was deleted.</summary>
    public void Forget(SessionKey session) => _indexes.Remove(session);

    public void Dispose() => _indexes.Dispose();

    private async Task ReadMeaningsAsync(SessionRecord session, RecallIndex index, CancellationToken cancellationToken)
    {
        var ledger = meanings.Of(session);
        for (var next = index.MeaningsRead.Next; ;)
        {
            var slice = await ledger.ReadAsync(next, AtOnce, cancellationToken);
            foreach (var meaning in slice.Entries)
                index.Add(meaning);
            // One that has expired begins anew.
            next = slice.End < next ? 0 : slice.Next;
            index.MeaningsRead = (next, session.Summarised);
            if (slice.Entries.Count == 0 || slice.Next >= slice.End)
                return;
        }
    }
}
