using System.Collections.Concurrent;
using Agents.Conversation.Catalog;
using Agents.Conversation.Sessions;
using Agents.Conversation.Turns;

namespace Agents.Conversation.Memory;

/// <summary>
/// What a dialogue's memory needs now and then, after a turn and off its way: when the window has outgrown its budget, most of it
/// becomes part of the summary and can be recalled by its meaning, so that the beginning of the prompt changes once per block and not
/// with every turn; and records get their full time to live again. Whatever is missed here is made up for after the next turn.
/// </summary>
internal sealed partial class MemoryUpkeep(
    SessionStore sessions, TurnStore turns, AgentStore agents, Summariser summariser, Meanings meanings, TimeProvider time, ILogger<MemoryUpkeep> logger)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan MeaningsLimit = TimeSpan.FromSeconds(30);

    // Of one session one at a time: what comes meanwhile is seen to after a later turn.
    private readonly ConcurrentDictionary<SessionKey, bool> _busy = new();

    /// <summary>Looks, in the background, whether there is something to do.</summary>
    public void After(SessionRecord session)
    {
        if (_busy.TryAdd(SessionKey.Of(session), true))
            _ = Task.Run(() => KeepUpAsync(session));
    }

    private async Task KeepUpAsync(SessionRecord session)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        try
        {
            await FoldAsync(session, limit.Token);
            await RenewAsync(session, limit.Token);
        }
        catch (Exception exception)
        {
            // Nobody waits for it, and the next turn's end comes here again.
            NotDone(logger, session.Id, exception);
        }
        finally
        {
            _busy.TryRemove(SessionKey.Of(session), out _);
        }
    }

    private async Task FoldAsync(SessionRecord session, CancellationToken cancellationToken)
    {
        if (await agents.FindAsync(session.Tenant, session.Agent, session.PinnedVersion, cancellationToken) is not { } agent)
            return;
        var budget = new MemoryBudget(agent.Memory);
        if (session.Window.Sum(exchange => exchange.Length) <= budget.Window(session) && session.Window.Count < SessionRecord.FullWindow)
            return;
        var kept = SessionMemory.Latest(session.Window, budget.WindowAfterwards).Count;
        var folded = session.Window.Take(session.Window.Count - kept).ToList();
        if (folded.Count == 0)
            return;
        if (agent.Memory.Recall > 0)
            await AddMeaningsAsync(session, folded, cancellationToken);
        var summary = agent.Memory.Summary ? await summariser.ExtendAsync(session, agent, folded, cancellationToken) : "";
        await sessions.UpdateAsync(
            session,
            // Another replica may have folded the same exchanges meanwhile.
            current => current.Summarised != session.Summarised || current.Window.Count < folded.Count ? null : current with
            {
                Summary = summary,
                Summarised = current.Summarised + folded.Count,
                Window = [.. current.Window.Skip(folded.Count)],
            },
            cancellationToken);
    }

    private async Task AddMeaningsAsync(SessionRecord session, IReadOnlyList<Exchange> folded, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(MeaningsLimit);
        try
        {
            await meanings.AddAsync(session, folded, limit.Token);
        }
        catch (Exception exception) when (exception is HttpRequestException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // These exchanges will be found by their words alone; prompts that grow for want of vectors would be worse.
            NotDone(logger, session.Id, exception);
        }
    }

    private async Task RenewAsync(SessionRecord session, CancellationToken cancellationToken)
    {
        if (time.GetUtcNow() - session.KeptAt < TimeSpan.FromSeconds(session.TtlSeconds / 2))
            return;
        await turns.RenewAsync(session, cancellationToken);
        await sessions.UpdateAsync(session, current => current with { KeptAt = time.GetUtcNow() }, cancellationToken);
    }

    [LoggerMessage(LogLevel.Warning, "The memory of session {Session} was not kept up")]
    private static partial void NotDone(ILogger logger, string session, Exception exception);
}
