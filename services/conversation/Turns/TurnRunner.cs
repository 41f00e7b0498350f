using System.Diagnostics;
using System.Text;
using Agents.Contracts;
using Agents.Conversation.Catalog;
using Agents.Conversation.Sessions;
using Agents.Defaults.Errors;
using Agents.Defaults.Events;
using Dapr;

namespace Agents.Conversation.Turns;

/// <summary>The recipe of a turn: find passages, compose the prompt, stream the model, record, announce.</summary>
internal sealed partial class TurnRunner(
    PassageSource passages, ModelClient models, TurnStore turns, EventPublisher events, TurnTelemetry telemetry, TimeProvider time,
    IHostApplicationLifetime lifetime, ILogger<TurnRunner> logger)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    /// <summary>Runs to the end, whatever happens; the end is recorded before it is told.</summary>
    public async Task RunAsync(LiveTurn live, SessionRecord session, Agent agent, Turn turn)
    {
        using var span = telemetry.Start(turn.Id, session.Id, agent);
        var attempt = new Attempt(time.GetTimestamp());
        live.Add(new TurnEvent.Started(session.Id) { TurnId = turn.Id });
        var ended = await AnswerAsync(live, session, agent, turn, attempt);
        var answered = ended.Output is { } output ? new Exchange(turn.Input, output.Text) : null;
        Turn? recorded = null;
        try
        {
            recorded = await RecordAsync(session, ended, answered);
        }
        finally
        {
            Tell(live, session, agent, recorded ?? ended, attempt);
            live.End(recorded);
        }
    }

    /// <summary>Ends a turn of which nobody knows whether it began.</summary>
    public Task AbandonAsync(SessionRecord session, Turn turn) => RecordAsync(session, turn with
    {
        Status = TurnStatus.Failed,
        Error = new TurnError("not_accepted", "The store did not answer when the turn was to begin; ask again.", Retryable: true),
    }, null);

    private async Task<Turn> AnswerAsync(LiveTurn live, SessionRecord session, Agent agent, Turn turn, Attempt attempt)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        try
        {
            var sources = await passages.FindAsync(session, agent, turn.Id, turn.Input, limit.Token);
            attempt.Passages = [.. sources.Passages.Select(passage => passage.ChunkId)];
            var prompt = PromptComposer.Compose(agent.Instructions, sources.Passages, session.Window, turn.Input);
            var text = new StringBuilder();
            await foreach (var piece in models.StreamAsync(session.Tenant, turn.Id, agent.Model, prompt, limit.Token))
            {
                attempt.CallId = piece.CallId;
                attempt.Usage = piece.Usage ?? attempt.Usage;
                if (piece.Text is null)
                    continue;
                attempt.TtftMs ??= Elapsed(attempt);
                text.Append(piece.Text);
                live.Add(new TurnEvent.Delta(piece.Text) { TurnId = turn.Id });
            }
            var answer = text.ToString();
            return Ended(turn, attempt) with
            {
                Status = TurnStatus.Completed,
                Output = new TurnOutput(answer, Citations.Find(answer, sources.Passages), !sources.Available),
            };
        }
        catch (Exception exception)
        {
            // Whatever went wrong, the turn must end, and its user learn why.
            var error = exception switch
            {
                ProblemException { Problem: var problem } => new TurnError(problem.Code, problem.Detail, problem.RetryAfter is not null),
                OperationCanceledException => new TurnError("turn_timeout", "The turn took longer than five minutes; ask again.", Retryable: true),
                _ => new TurnError("internal_error", "Something failed inside; the trace id finds it in the logs.", Retryable: false),
            };
            Failed(logger, turn.Id, error.Code, exception);
            return Ended(turn, attempt) with { Status = TurnStatus.Failed, Error = error };
        }
    }

    /// <summary>A store that is away is waited for: the answer exists, and its end must not be lost while this process lives.</summary>
    private async Task<Turn?> RecordAsync(SessionRecord session, Turn ended, Exchange? answered)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await turns.EndAsync(session, ended, answered, CancellationToken.None);
            }
            catch (Exception exception) when (exception is DaprException or HttpRequestException or ProblemException or TimeoutException
                && !lifetime.ApplicationStopping.IsCancellationRequested)
            {
                if (attempt == 0)
                    Waiting(logger, ended.Id, exception);
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(2_000, 50 << Math.Min(attempt, 6))), time, CancellationToken.None);
            }
        }
    }

    private void Tell(LiveTurn live, SessionRecord session, Agent agent, Turn turn, Attempt attempt)
    {
        var now = time.GetUtcNow();
        IReadOnlyList<string> calls = attempt.CallId is { Length: > 0 } call ? [call] : [];
        if (turn is { Status: TurnStatus.Completed, Output: { } output, Usage: { } usage })
        {
            foreach (var cited in output.Citations)
                live.Add(new TurnEvent.Cited(cited.Index, cited.DocumentId, cited.CollectionId, cited.ChunkId, cited.Title, cited.Passage, cited.Text) { TurnId = turn.Id });
            live.Add(new TurnEvent.Completed(usage, turn.TtftMs ?? 0, turn.DurationMs ?? 0, turn.TraceId, output.WithoutSources) { TurnId = turn.Id });
            events.Publish(new TurnCompleted(
                session.Tenant, now, turn.Id, session.Id, agent.Id, agent.Version, calls, attempt.Passages, turn.TtftMs ?? 0, turn.DurationMs ?? 0));
        }
        else
        {
            var error = turn.Error ?? new TurnError("internal_error", "The turn did not end as it should.", Retryable: true);
            live.Add(new TurnEvent.Failed(error, turn.TraceId) { TurnId = turn.Id });
            events.Publish(new TurnFailed(
                session.Tenant, now, turn.Id, session.Id, agent.Id, agent.Version, calls, attempt.Passages, turn.TtftMs, turn.DurationMs ?? 0, error.Code));
        }
        telemetry.Ended(turn, agent);
    }

    private Turn Ended(Turn turn, Attempt attempt) => turn with
    {
        Usage = attempt.Usage ?? new TurnUsage(0, 0, 0),
        TtftMs = attempt.TtftMs,
        DurationMs = Elapsed(attempt),
        TraceId = Activity.Current?.TraceId.ToHexString(),
    };

    private int Elapsed(Attempt attempt) => (int)time.GetElapsedTime(attempt.Started).TotalMilliseconds;

    [LoggerMessage(LogLevel.Warning, "Turn {Turn} failed: {Code}")]
    private static partial void Failed(ILogger logger, string turn, string code, Exception exception);

    [LoggerMessage(LogLevel.Warning, "The end of turn {Turn} is not recorded yet; trying again")]
    private static partial void Waiting(ILogger logger, string turn, Exception exception);

    /// <summary>What is learned while a turn runs.</summary>
    private sealed class Attempt(long started)
    {
        public long Started => started;

        public IReadOnlyList<string> Passages { get; set; } = [];

        public string? CallId { get; set; }

        public TurnUsage? Usage { get; set; }

        public int? TtftMs { get; set; }
    }
}
