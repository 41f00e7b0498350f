using System.Globalization;
using System.Net;
using Agents.Contracts;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Events;
using Agents.Defaults.Identity;
using Agents.Defaults.Replicas;
using Dapr;

namespace Agents.Analytics.Evaluations;

/// <summary>
/// Carries runs out, page by page of their sets, as jobs on the batch lane: asking a question again is harmless, and its answer stands. So
/// whoever takes over goes on where the run is, and two who believe to hold the lease write the same.
/// </summary>
internal sealed partial class EvaluationRunner(
    EvaluationStore evaluations, Leases leases, ServiceClients clients, EventPublisher events, TimeProvider time, ILogger<EvaluationRunner> logger) : BackgroundService
{
    private const string Lane = "batch";
    private const int AtOnce = 8;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // A run is noted as under way a moment before it has its record.
    private static readonly TimeSpan Stillborn = TimeSpan.FromMinutes(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                var open = await evaluations.OpenAsync(stoppingToken);
                if (open.Count > 0 && leases.IsOurs(await leases.TakeAsync("evaluations", stoppingToken)))
                    await Parallel.ForEachAsync(open, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stoppingToken }, LookAsync);
            }
            catch (Exception exception) when (exception is DaprException or HttpRequestException or ProblemException)
            {
                NotLooked(logger, exception.GetType().Name);
            }
        }
    }

    private async ValueTask LookAsync(OpenEvaluation place, CancellationToken cancellationToken)
    {
        try
        {
            var evaluation = await evaluations.GetAsync(place.Tenant, place.Id, cancellationToken);
            if (evaluation is { Status: EvaluationStatus.Running })
                evaluation = await GoOnAsync(place.Tenant, evaluation, cancellationToken);
            if (evaluation is null ? Ids.TimeOf(place.Id) is not { } begun || time.GetUtcNow() - begun > Stillborn : evaluation.Status != EvaluationStatus.Running)
                await CloseAsync(place, evaluation, cancellationToken);
        }
        catch (Exception exception) when (exception is DaprException or HttpRequestException or ProblemException)
        {
            // The next look tries again.
            Waiting(logger, place.Id, exception.GetType().Name);
        }
    }

    private async Task<Evaluation?> GoOnAsync(string tenant, Evaluation evaluation, CancellationToken cancellationToken)
    {
        var page = evaluation.Done / EvaluationStore.PageSize;
        var cases = await evaluations.CasesAsync(tenant, evaluation.Set, page, cancellationToken);
        var asked = await Task.WhenAll(cases.Select((one, n) => AskAsync(tenant, evaluation, evaluation.Done + n, one, cancellationToken)));
        if (asked.Contains(null))
            return await evaluations.UpdateAsync(tenant, evaluation.Id, current => current with { Status = EvaluationStatus.Failed, EndedAt = time.GetUtcNow() }, cancellationToken);
        if (asked.Any(one => one!.Status is "queued" or "running"))
            return evaluation;
        await evaluations.PutResultsAsync(
            tenant, evaluation.Id, page, [.. asked.Select((one, n) => Score.Of(evaluation.Done + n, cases[n], one!))], cancellationToken);
        var done = evaluation.Done + cases.Count;
        var scores = done < evaluation.Cases
            ? null
            : Score.Of(await evaluations.ResultsAsync(tenant, evaluation with { Done = done }, 0, done, cancellationToken));
        return await evaluations.UpdateAsync(
            tenant,
            evaluation.Id,
            current => current.Done >= done ? null
                : scores is null ? current with { Done = done }
                : current with { Done = done, Scores = scores, Status = EvaluationStatus.Completed, EndedAt = time.GetUtcNow() },
            cancellationToken);
    }

    /// <returns>Null when there is no such agent.</returns>
    private async Task<AskedQuestion?> AskAsync(string tenant, Evaluation evaluation, int number, TestCase one, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/internal/questions").For(tenant);
        var key = string.Create(CultureInfo.InvariantCulture, $"{evaluation.Id}.{number}");
        request.Content = JsonContent.Create(new AskQuestion(key, evaluation.Agent, evaluation.AgentVersion, Lane, one.Question), options: Json.Options);
        using var response = await clients.Conversation.SendAsync(request, cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotFound)
            return null;
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<AskedQuestion>(Json.Options, cancellationToken);
    }

    // Told before the run is forgotten: whoever takes over tells again, under the same id and time.
    private async Task CloseAsync(OpenEvaluation place, Evaluation? evaluation, CancellationToken cancellationToken)
    {
        if (evaluation is { Status: EvaluationStatus.Completed, EndedAt: { } at })
        {
            var judged = (await evaluations.ResultsAsync(place.Tenant, evaluation, 0, evaluation.Cases, cancellationToken)).Select(result => result.Correct).OfType<bool>().ToList();
            var fact = new EvaluationCompleted(place.Tenant, at, evaluation.Id, evaluation.Agent, evaluation.AgentVersion, judged.Count, judged.Count(correct => correct));
            await events.PublishNowAsync(EvaluationCompleted.Topic, place.Tenant, [events.Message(fact)], cancellationToken);
        }
        await evaluations.CloseAsync(place, cancellationToken);
    }

    [LoggerMessage(LogLevel.Warning, "Evaluations were not looked at: {Cause}; trying again")]
    private static partial void NotLooked(ILogger logger, string cause);

    [LoggerMessage(LogLevel.Warning, "Evaluation {Evaluation} does not go on: {Cause}; trying again")]
    private static partial void Waiting(ILogger logger, string evaluation, string cause);
}
