using System.Collections.Concurrent;
using Agents.Conversation.Sessions;
using Agents.Conversation.Turns.Logs;
using Agents.Defaults.Errors;
using Agents.Defaults.Ledgers;
using Agents.Defaults.Replicas;
using Dapr;

namespace Agents.Conversation.Turns.Running;

/// <summary>
/// Answers a session's turns on this replica, one after the other, until none is left or another replica has the session. A stop of
/// the process waits for the turn that is being answered and leaves those that wait to the other replicas.
/// </summary>
internal sealed partial class TurnLoops(
    TurnRunner runner, TurnSettlement settlement, SessionStore sessions, TurnStore turns, TurnLogs logs, LiveTurns live, OwnedSessions owned,
    ReplicaMonitor replicas, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<TurnLoops> logger) : IHostedService
{
    // Whoever raised a fence writes what he raised it for at once, unless he died in between.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<Task, bool> _loops = new();

    /// <summary>Begins a turn that the session names as running here, at fence 0. Its session must be among the owned ones, which the loop ends.</summary>
    public void Begin(SessionRecord session, Turn turn)
    {
        // Registered before the caller goes on, so that whoever follows the turn finds it.
        var here = live.Add(turn.Id, logs.Get(session, turn.Id), []);
        Track(Task.Run(() => RunAsync(session, turn.Id, here), CancellationToken.None));
    }

    /// <summary>Goes on with a turn whose holder is gone, or ends what he left. The session must name this replica, and be owned.</summary>
    public void GoOn(SessionRecord session, string turn) =>
        Track(Task.Run(() => TakeOverAsync(session, turn), CancellationToken.None));

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.WhenAll(_loops.Keys).WaitAsync(cancellationToken);

    private async Task RunAsync(SessionRecord session, string turn, LiveTurn here)
    {
        try
        {
            await LoopAsync(session, turn, here, []);
        }
        finally
        {
            owned.Remove(SessionKey.Of(session));
        }
    }

    private async Task TakeOverAsync(SessionRecord session, string turn)
    {
        try
        {
            if (await RaiseAsync(session, turn) is { } taken)
                await LoopAsync(session, turn, taken.Entries is [.., { Last: true }] ? null : live.Add(turn, taken.Log, taken.Entries), taken.Entries);
        }
        finally
        {
            owned.Remove(SessionKey.Of(session));
        }
    }

    private async Task<(Ledger<TurnEntry> Log, IReadOnlyList<TurnEntry> Entries)?> RaiseAsync(SessionRecord session, string turn)
    {
        while (!lifetime.ApplicationStopping.IsCancellationRequested)
        {
            try
            {
                if (await logs.TakeOverAsync(session, turn, CancellationToken.None) is { } taken)
                    return taken;
                if (await sessions.GetAsync(SessionKey.Of(session), CancellationToken.None) is not { Deleted: false } current || !IsOurs(current, turn))
                    return null;
            }
            catch (Exception exception) when (exception is DaprException or HttpRequestException or ProblemException)
            {
                // The session names this replica, so nobody else would go on: the store is waited for.
                Left(logger, turn, exception.GetType().Name);
            }
            await Task.Delay(Patience, time, CancellationToken.None);
        }
        return null;
    }

    private async Task LoopAsync(SessionRecord session, string turn, LiveTurn? here, IReadOnlyList<TurnEntry> before)
    {
        for (var (current, id) = (session, turn); ;)
        {
            try
            {
                if (here is not null && await AnswerAsync(current, id, here, before) is { } entries)
                    before = entries;
                else if (here is not null && await SupersededAsync(current, id, here) is { } taken)
                {
                    (here, before) = (live.Add(id, taken.Log, taken.Entries), taken.Entries);
                    continue;
                }
                var settled = await settlement.SettleForSureAsync(current, id, before is [.., { Last: true }] ? before : null);
                Close(here);
                if (settled?.Running is not { } next || next.Owner != replicas.Self || lifetime.ApplicationStopping.IsCancellationRequested)
                    return;
                (current, id, before) = (settled, next.Id, []);
                here = live.Add(id, logs.Get(current, id), []);
            }
            catch (Exception exception)
            {
                // A store that is away is waited for, and then we begin where the log says; a stop of the process leaves it to the others.
                Left(logger, id, exception.GetType().Name);
                Close(live.Find(id));
                await Task.Delay(Pause, time, CancellationToken.None);
                if (await RaiseAsync(current, id) is not { } again)
                    return;
                before = again.Entries;
                here = before is [.., { Last: true }] ? null : live.Add(id, again.Log, before);
            }
        }
    }

    /// <summary>The log's entries when the turn has ended, null when it is no longer ours.</summary>
    private async Task<IReadOnlyList<TurnEntry>?> AnswerAsync(SessionRecord session, string id, LiveTurn here, IReadOnlyList<TurnEntry> before)
    {
        try
        {
            using var ended = here;
            if (await turns.GetAsync(session, id, CancellationToken.None) is { } turn)
                await runner.RunAsync(here, session, turn, before);
            return here.Entries;
        }
        catch (LedgerFencedException)
        {
            Superseded(logger, id);
            return null;
        }
    }

    // Somebody raised the fence: he goes on, or has ended the turn, in which case it is settled whoever ended it. Should he have died in
    // between, the session still names us, and so we take the turn back, unless somebody here has done so already.
    private async Task<(Ledger<TurnEntry> Log, IReadOnlyList<TurnEntry> Entries)?> SupersededAsync(SessionRecord session, string id, LiveTurn here)
    {
        Close(here);
        for (var started = time.GetTimestamp(); ;)
        {
            if (live.Find(id) is not null
                || await sessions.GetAsync(SessionKey.Of(session), CancellationToken.None) is not { Deleted: false } current || !IsOurs(current, id)
                || await logs.ReadAsync(session, id, CancellationToken.None) is [.., { Last: true }])
            {
                return null;
            }
            if (time.GetElapsedTime(started) > Patience)
                return await RaiseAsync(session, id) is { } taken && taken.Entries is not [.., { Last: true }] ? taken : null;
            await Task.Delay(Pause, time, CancellationToken.None);
        }
    }

    private bool IsOurs(SessionRecord session, string turn) => session.Running is { } running && running.Id == turn && running.Owner == replicas.Self;

    private void Close(LiveTurn? here)
    {
        if (here is null)
            return;
        live.Remove(here);
        here.Close();
    }

    private void Track(Task loop)
    {
        _loops[loop] = true;
        loop.ContinueWith(ended => _loops.TryRemove(ended, out _), TaskScheduler.Default);
    }

    [LoggerMessage(LogLevel.Information, "Turn {Turn} is no longer answered here")]
    private static partial void Superseded(ILogger logger, string turn);

    [LoggerMessage(LogLevel.Warning, "Turn {Turn} is left as it is: {Cause}")]
    private static partial void Left(ILogger logger, string turn, string cause);
}
