using Agents.Conversation.Escalations;
using Agents.Conversation.Memory;
using Agents.Conversation.Sessions;
using Agents.Conversation.Turns.Logs;
using Agents.Defaults.Errors;
using Agents.Defaults.Replicas;
using Dapr;

namespace Agents.Conversation.Turns.Running;

/// <summary>
/// What follows from the end of a turn, which its log alone decides: the record, the session free for the next turn, the announcement.
/// Whoever finds an ended turn may settle it, as often as he likes.
/// </summary>
internal sealed partial class TurnSettlement(
    SessionStore sessions, TurnStore turns, TurnLogs logs, SessionFacts facts, ReplicaMonitor replicas, TurnTelemetry telemetry, MemoryUpkeep upkeep, EscalationDesk desk, TimeProvider time,
    IHostApplicationLifetime lifetime, ILogger<TurnSettlement> logger)
{
    /// <summary>Settles a turn if its log has ended. This replica must own the session: the next turn that waits becomes its own.</summary>
    /// <param name="known">All entries of the log, when the caller has them.</param>
    /// <returns>The session when this call freed it; null when the turn goes on, or another was faster.</returns>
    public Task<SessionRecord?> SettleAsync(
        SessionRecord session, string turn, CancellationToken cancellationToken, IReadOnlyList<TurnEntry>? known = null) =>
        SettleAsync(session, turn, known, again: false, cancellationToken);

    /// <summary>As <see cref="SettleAsync(SessionRecord, string, CancellationToken, IReadOnlyList{TurnEntry})"/>; a store that is away is waited for as long as this process lives.</summary>
    public async Task<SessionRecord?> SettleForSureAsync(SessionRecord session, string turn, IReadOnlyList<TurnEntry>? known = null)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await SettleAsync(session, turn, known, attempt > 0, CancellationToken.None);
            }
            catch (Exception exception) when (exception is DaprException or HttpRequestException or ProblemException or TimeoutException
                && !lifetime.ApplicationStopping.IsCancellationRequested)
            {
                if (attempt == 0)
                    Waiting(logger, turn, exception.GetType().Name);
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(2_000, 50 << Math.Min(attempt, 6))), time, CancellationToken.None);
            }
        }
    }

    /// <param name="again">An attempt before this one got no answer from the store: it may have freed the session.</param>
    private async Task<SessionRecord?> SettleAsync(
        SessionRecord session, string turn, IReadOnlyList<TurnEntry>? known, bool again, CancellationToken cancellationToken)
    {
        var entries = known ?? await logs.ReadAsync(session, turn, cancellationToken);
        if (entries is not [.., { Last: true } last])
            return null;
        var settled = await turns.UpdateAsync(
            session, turn, accepted => accepted.Ended ? null : TurnFold.Apply(accepted, entries), cancellationToken);
        if (settled is null)
            return null;
        var trail = TurnTrail.Of(last);
        await desk.ConsiderAsync(session, settled, trail.Groundedness, cancellationToken);
        var answered = settled is { Status: TurnStatus.Completed, Output: { } output } ? new Exchange(settled.Input, output.Text, settled.Id) : null;
        var freed = false;
        using var telling = facts.Expect(turn);
        var after = await sessions.UpdateAsync(
            session,
            current =>
            {
                var ended = current.End(turn, answered, replicas.Self, facts.MayBeUntold, time.GetUtcNow());
                freed = ended is not null || (again && current.Ended.Contains(new RunningTurn(turn, replicas.Self)));
                return ended;
            },
            cancellationToken);
        if (!freed || after is null)
            return null;
        telling.Tell(after, settled, trail);
        telemetry.Ended(settled, after.Agent);
        upkeep.After(after);
        return after;
    }

    [LoggerMessage(LogLevel.Warning, "The end of turn {Turn} is not recorded yet: {Cause}; trying again")]
    private static partial void Waiting(ILogger logger, string turn, string cause);
}
