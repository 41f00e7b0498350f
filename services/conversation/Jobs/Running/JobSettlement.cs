using System.Text.Json;
using Agents.Contracts;
using Agents.Conversation.Hooks.Webhooks;
using Agents.Conversation.Jobs.Lanes;
using Agents.Conversation.Supervisor.Steps;
using Agents.Conversation.Turns;
using Agents.Conversation.Turns.Logs;
using Agents.Defaults.Api;
using Agents.Defaults.Events;

namespace Agents.Conversation.Jobs.Running;

/// <summary>
/// What follows from the end of a job, which its log alone decides: the record, the list of dead letters, the webhook, the events. Whoever
/// finds an ended job may settle it, as often as he likes; its lane keeps the job until somebody has settled all of it.
/// </summary>
internal sealed class JobSettlement(JobStore jobs, TurnLogs logs, Webhooks webhooks, StepReturns returns, EventPublisher events, TimeProvider time)
{
    private const int EventsPerCall = 50;

    // A message has at most 64 KB, a webhook rather 20.
    private const int MaxText = 4_000;

    private readonly Batcher<(string Topic, string Tenant, EventMessage Message), bool> _events = new(
        EventsPerCall, messages => PublishAsync(events, messages));

    /// <summary>Ends a job that has no end, and settles it. Of several ends one wins.</summary>
    /// <returns>The job afterwards; null when it is gone.</returns>
    public async Task<JobRecord?> EndAsync(JobRecord job, TurnEvent end, bool dead, CancellationToken cancellationToken)
    {
        var inside = dead ? new JobTrail(Dead: true) : null;
        return await logs.EndAsync(job.AsSession(), job.Turn, end, inside, cancellationToken) is { } entries
            ? await SettleAsync(job, entries, cancellationToken)
            : null;
    }

    /// <summary>Settles a job by its log, which has its end.</summary>
    public async Task<JobRecord?> SettleAsync(JobRecord job, IReadOnlyList<TurnEntry> entries, CancellationToken cancellationToken)
    {
        var last = entries[^1];
        var ended = job.Ended ? job : job.End(last, time.GetUtcNow());
        if (!job.Ended && ended.Status == JobStatus.Dead)
            await jobs.BuryAsync(ended, cancellationToken);
        if (!job.Ended)
            ended = await jobs.UpdateAsync(job, current => current.Ended || current.Life != job.Life ? null : current.End(last, time.GetUtcNow()), cancellationToken);
        if (ended is null || ended.Life != job.Life)
            return ended;
        var output = JobStore.OutputOf(ended, entries);
        var outcome = new JobOutcome(ended.Tenant, ended.Show(ended.EndedAt!.Value), output?.Text.Length <= MaxText ? output : null);
        await Task.WhenAll(
            TellAsync(ended, outcome, cancellationToken), AnnounceAsync(ended, outcome),
            ended.Run is null ? Task.CompletedTask : returns.ReturnAsync(ended, cancellationToken));
        return ended;
    }

    private Task TellAsync(JobRecord job, JobOutcome outcome, CancellationToken cancellationToken) => job.CallbackUrl is { } url
        ? webhooks.SendAsync(job.Tenant, EventId(job), url, Name(job), outcome, cancellationToken)
        : Task.CompletedTask;

    // Both are told again when a worker dies before its lane knows; who listens drops what comes twice by its id.
    private Task<bool[]> AnnounceAsync(JobRecord job, JobOutcome outcome)
    {
        IEvent fact = job.Status == JobStatus.Dead
            ? new JobDead(job.Tenant, job.EndedAt!.Value, job.Id, Kind(job), job.Lane, job.Attempts, job.QueuedMs ?? 0, job.RunMs ?? 0, job.Usage.CostMicros, job.Error?.Code ?? "unknown")
            : new JobCompleted(job.Tenant, job.EndedAt!.Value, job.Id, Kind(job), job.Lane, Text(job.Status), job.Attempts, job.QueuedMs ?? 0, job.RunMs ?? 0, job.Usage.CostMicros);
        var own = fact is JobDead dead ? events.Message(dead) : events.Message((JobCompleted)fact);
        var result = new EventMessage(JsonSerializer.SerializeToElement(outcome, Json.Options))
        {
            Id = EventId(job),
            Type = $"agents.{Name(job)}.v1",
            Source = own.Source,
            Subject = job.Id,
            Time = job.EndedAt,
            TraceParent = job.TraceParent,
        };
        var figure = _events.AddAsync((Topics.Job, job.Tenant, own));
        return job.Run is not null ? Task.WhenAll(figure) : Task.WhenAll(figure, _events.AddAsync((Topics.Out, job.Tenant, result)));
    }

    private static async Task<IReadOnlyList<bool>> PublishAsync(EventPublisher events, IReadOnlyList<(string Topic, string Tenant, EventMessage Message)> messages)
    {
        foreach (var group in messages.GroupBy(message => (message.Topic, message.Tenant)))
            await events.PublishNowAsync(group.Key.Topic, group.Key.Tenant, [.. group.Select(message => message.Message)], CancellationToken.None);
        return [.. messages.Select(_ => true)];
    }

    private static string Name(JobRecord job) => job.Status == JobStatus.Dead ? "job.dead" : "job.completed";

    // A job that is taken back from the dead letters ends once more, which is news.
    private static string EventId(JobRecord job) => job.Life == 0 ? $"{job.Id}.ended" : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{job.Id}.ended.{job.Life}");

    private static string Kind(JobRecord job) => Text(job.Kind);

    private static string Text<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}

/// <summary>What others learn of a job that has ended, on <c>agents-out</c> and by webhook.</summary>
/// <param name="Output">What it gave, unless it is long: then it is at <c>/v1/jobs/{id}/result</c>.</param>
internal sealed record JobOutcome(string Tenant, Job Job, TurnOutput? Output);
