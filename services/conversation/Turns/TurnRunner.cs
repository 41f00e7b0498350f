using System.Diagnostics;
using System.Text;
using Agents.Conversation.Catalog;
using Agents.Conversation.Escalations;
using Agents.Conversation.Guardrails;
using Agents.Conversation.Memory;
using Agents.Conversation.Models;
using Agents.Conversation.Quality;
using Agents.Conversation.Sessions;
using Agents.Conversation.Tools;
using Agents.Conversation.Turns.Logs;
using Agents.Conversation.Turns.Running;
using Agents.Defaults.Errors;
using Agents.Defaults.Ledgers;
using Dapr;

namespace Agents.Conversation.Turns;

/// <summary>
/// The recipe of a turn: remember, find passages, compose the prompt, let the model answer and use tools, until it has said all. What
/// happens is posted to the live turn; what an earlier attempt has already done, its log says.
/// </summary>
internal sealed partial class TurnRunner(
    AgentStore agents, SessionMemory memory, PassageSource passages, ModelFallback models, ToolBox toolBox, ToolRunner toolRunner,
    AgentGuardrails guardrails, AnswerJudge judge, TurnTelemetry telemetry, TimeProvider time, ILogger<TurnRunner> logger)
{
    private const int MaxSteps = 8;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan CheckEvery = TimeSpan.FromSeconds(1);

    /// <summary>Runs to the end, whatever happens; returns when the end is in the log.</summary>
    /// <param name="before">What the log held when this attempt began.</param>
    /// <exception cref="LedgerFencedException">Somebody else has the turn, or ended it.</exception>
    public async Task RunAsync(LiveTurn live, SessionRecord session, Turn turn, IReadOnlyList<TurnEntry> before)
    {
        if (await TryAsync(live, session, turn, before, "replica_lost", CancellationToken.None) is { } failure)
            live.Post(failure.End, failure.Trail);
        await live.FlushAsync();
    }

    /// <summary>Makes one attempt; what it came to is in the log when this returns, unless it failed: then the caller decides what follows.</summary>
    /// <param name="reason">Why the text starts over, when there was an attempt before.</param>
    /// <returns>Null when the turn has its end.</returns>
    /// <exception cref="LedgerFencedException">Somebody else has the turn, or ended it.</exception>
    /// <exception cref="OperationCanceledException">The caller has broken it off; the log has no end.</exception>
    public async Task<AttemptFailure?> TryAsync(
        LiveTurn live, SessionRecord session, Turn turn, IReadOnlyList<TurnEntry> before, string reason, CancellationToken cancellationToken)
    {
        using var span = telemetry.Start(turn.Id, session.Id, session.Agent);
        var waited = before.Count == 0 ? TimeSpan.Zero : time.GetUtcNow() - turn.CreatedAt;
        var attempt = new Attempt(time.GetTimestamp(), waited > TimeSpan.Zero ? waited : TimeSpan.Zero);
        live.Post(before.Count == 0 ? new TurnEvent.Started(session.Id) : new TurnEvent.Restarted(reason));
        using var limit = new CancellationTokenSource(Limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, live.Superseded, cancellationToken);
        var watch = WatchAsync(live, both.Token);
        AttemptFailure? failure = null;
        try
        {
            await AnswerAsync(live, session, turn, attempt, ToolStep.In(before), both.Token);
        }
        catch (Exception exception) when (!live.Superseded.IsCancellationRequested && !cancellationToken.IsCancellationRequested && exception is not LedgerFencedException)
        {
            // Whatever went wrong, the turn must end, and its user learn why.
            var error = exception switch
            {
                ProblemException { Problem: var problem } => new TurnError(problem.Code, problem.Detail, problem.RetryAfter is not null),
                DaprException or HttpRequestException => new TurnError("store_unavailable", "What the turn needs does not answer; ask again.", Retryable: true),
                OperationCanceledException => new TurnError("turn_timeout", "The turn took longer than five minutes; ask again.", Retryable: true),
                _ => new TurnError("internal_error", "Something failed inside; the trace id finds it in the logs.", Retryable: false),
            };
            Failed(logger, turn.Id, error.Code, exception);
            Activity.Current?.SetStatus(ActivityStatusCode.Error, error.Code);
            failure = new AttemptFailure(
                new TurnEvent.Failed(error, attempt.Usage, attempt.TtftMs, Elapsed(attempt), Defaults.Errors.Trace.CurrentId()), attempt.Trail,
                (exception as ProblemException)?.Problem.RetryAfter);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Superseded: the flush below says by what.
        }
        finally
        {
            await both.CancelAsync();
            await watch;
            await guardrails.ToldAsync(turn.Id);
        }
        await live.FlushAsync();
        return failure;
    }

    private async Task AnswerAsync(
        LiveTurn live, SessionRecord session, Turn turn, Attempt attempt, IReadOnlyList<ToolStep> done, CancellationToken cancellationToken)
    {
        var agent = await agents.VersionAsync(session.Tenant, session.Agent, turn.AgentVersion ?? session.AgentVersion, cancellationToken)
            ?? throw new ProblemException(Problem.NotFound("agent"));
        agent = session.Part?.Of(agent) ?? agent;
        guardrails.Enter(session, turn);
        var tools = guardrails.Tools(agent, await toolBox.OpenAsync(session.Tenant, agent, cancellationToken));
        var remembering = memory.RecallAsync(session, agent, turn, cancellationToken);
        var sources = tools.Any(tool => tool is RetrievalTool)
            ? new Sources([], Available: true)
            : await passages.FindAsync(session, agent, turn.Id, session.Part?.Query ?? turn.Input, cancellationToken);
        attempt.Memory = await remembering;
        attempt.WithoutSources = !sources.Available;
        foreach (var (index, passage) in sources.Passages.Index())
            attempt.Passages[index + 1] = passage;
        var messages = PromptComposer.Compose(agent.Instructions, attempt.Memory, sources.Passages, turn.Input);

        var text = new StringBuilder();
        for (var number = 0; number <= MaxSteps; number++)
        {
            ToolStep step;
            var next = attempt.Passages.Keys.DefaultIfEmpty().Max() + 1;
            if (number < done.Count)
            {
                text.Append(done[number].Text);
                if (done[number].Text.Length > 0)
                    live.Post(new TurnEvent.Delta(done[number].Text));
                step = await toolRunner.CompleteAsync(live, session, tools, number, done[number], next, fresh: false, cancellationToken);
            }
            else
            {
                // In the last round the model is offered no tools, so that it comes to an end.
                var said = await models.RunAsync(
                    live, session, agent, turn.Input, messages, number < MaxSteps ? ToolBox.Describe(tools) : null, text.ToString(), attempt, time, cancellationToken);
                if (said.Instead)
                    text.Clear();
                text.Append(said.Text);
                if (said.Calls.Count == 0 || number == MaxSteps)
                    break;
                step = await toolRunner.RunAsync(live, session, tools, number, said.Text, said.Calls, next, cancellationToken);
            }
            foreach (var (shown, passage) in step.Passages)
                attempt.Passages[shown] = passage;
            step.AddTo(messages, number);
        }
        await guardrails.ToldAsync(turn.Id);
        End(live, agent, attempt, text.ToString());
        judge.Consider(session, agent, turn.Id, text.ToString(), attempt.Passages.Values);
    }

    private void End(LiveTurn live, Agent agent, Attempt attempt, string answer)
    {
        attempt.Groundedness = EscalationRules.Groundedness(answer, attempt.Passages.Values);
        foreach (var cited in Citations.Find(answer, attempt.Passages).Select(cited => guardrails.Shown(agent, cited)))
            live.Post(new TurnEvent.Cited(cited.Index, cited.DocumentId, cited.CollectionId, cited.ChunkId, cited.Title, cited.Passage, cited.Text));
        live.Post(
            new TurnEvent.Completed(
                attempt.Usage, attempt.TtftMs ?? Elapsed(attempt), Elapsed(attempt), Defaults.Errors.Trace.CurrentId(), attempt.WithoutSources, attempt.Memory.Use)
            {
                Degraded = attempt.Degraded,
            },
            attempt.Trail);
    }

    // A turn that is cancelled elsewhere while its model is silent would otherwise go on to cost until the next token.
    private async Task WatchAsync(LiveTurn live, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested && !live.Superseded.IsCancellationRequested)
        {
            try
            {
                await Task.WhenAny(live.Woken, Task.Delay(CheckEvery, time, cancellationToken));
                if (live.Woken.IsCompleted || live.IdleFor > CheckEvery)
                    await live.CheckAsync(cancellationToken);
            }
            catch (Exception exception) when (exception is OperationCanceledException or DaprException or HttpRequestException)
            {
                // The end of the turn, or a store that is away: the next look, or the next write, tells.
            }
        }
    }

    private int Elapsed(Attempt attempt) => (int)(time.GetElapsedTime(attempt.Started) + attempt.Before).TotalMilliseconds;

    [LoggerMessage(LogLevel.Warning, "Turn {Turn} failed: {Code}")]
    private static partial void Failed(ILogger logger, string turn, string code, Exception exception);
}

/// <summary>An attempt at a turn that came to nothing.</summary>
/// <param name="End">How the turn ends if there is no further attempt.</param>
/// <param name="RetryAfter">When another attempt may fare better, where a provider or the gateway said so.</param>
internal sealed record AttemptFailure(TurnEvent.Failed End, TurnTrail Trail, TimeSpan? RetryAfter);
