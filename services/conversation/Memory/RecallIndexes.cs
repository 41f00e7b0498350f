using Agents.Conversation.Sessions;
using Agents.Conversation.Turns;
using Microsoft.Extensions.Caching.Memory;

namespace Agents.Conversation.Memory;

/// <summary>
/// Indexes of the dialogues that this replica was asked about lately: copies, made of the turns' records when they are needed and dropped
/// after ten minutes without a question, or when they take more than 64 million characters together.
/// </summary>
internal sealed class RecallIndexes(TurnStore turns) : IDisposable
{
    private const int MaxCharacters = 64_000_000;
    private const int Overhead = 1_000;
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(10);

    private readonly MemoryCache _indexes = new(new MemoryCacheOptions { SizeLimit = MaxCharacters });

    /// <summary>The index of a session, which holds at least these turns.</summary>
    public async Task<RecallIndex> GetAsync(SessionRecord session, IReadOnlyList<string> wanted, CancellationToken cancellationToken)
    {
        var key = SessionKey.Of(session);
        var index = _indexes.Get<RecallIndex>(key) ?? new RecallIndex();
        var missing = wanted.Where(turn => !index.Has(turn)).ToList();
        if (missing.Count == 0)
            return index;
        foreach (var turn in await turns.ManyAsync(session, missing, cancellationToken))
        {
            if (turn.Ended)
                index.Add(turn.Id, new Exchange(turn.Input, turn.Output?.Text ?? ""));
        }
        _indexes.Set(key, index, new MemoryCacheEntryOptions { Size = index.Characters + Overhead, SlidingExpiration = Idle });
        return index;
    }

    /// <summary>Forgets a session that was deleted.</summary>
    public void Forget(SessionKey session) => _indexes.Remove(session);

    public void Dispose() => _indexes.Dispose();
}
