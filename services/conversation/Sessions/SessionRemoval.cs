using Agents.Conversation.Memory;
using Agents.Conversation.Turns;

namespace Agents.Conversation.Sessions;

/// <summary>Deletes sessions with all they hold. Once begun it is finished by this replica, or by whoever takes over from it.</summary>
internal sealed class SessionRemoval(SessionStore sessions, TurnStore turns, OwnedSessions owned, RecallIndexes recalled, Meanings meanings)
{
    /// <summary>The session is gone for its users at once, and its turns and logs when this returns.</summary>
    public async Task RemoveAsync(SessionRecord session, CancellationToken cancellationToken)
    {
        var key = SessionKey.Of(session);
        recalled.Forget(key);
        await owned.AddAsync(key, cancellationToken);
        try
        {
            if (await sessions.HideAsync(session, cancellationToken) is { Deleted: true } hidden)
                await FinishAsync(hidden, cancellationToken);
        }
        finally
        {
            owned.Remove(key);
        }
    }

    /// <summary>Removes what a hidden session names. May be repeated.</summary>
    public async Task FinishAsync(SessionRecord hidden, CancellationToken cancellationToken)
    {
        foreach (var turn in hidden.Turns)
            await turns.DeleteAsync(hidden, turn, cancellationToken);
        await meanings.Of(hidden).DeleteAsync(cancellationToken);
        await sessions.BuryAsync(hidden, cancellationToken);
    }
}
