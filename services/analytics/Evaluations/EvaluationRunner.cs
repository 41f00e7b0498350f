using System.Globalization;
using System.Net;
using Agents.Analytics.Batches;
using Agents.Contracts;
using Agents.Defaults.Api;
using Agents.Defaults.Events;
using Agents.Defaults.Identity;
using Agents.Defaults.Replicas;

namespace Agents.Analytics.Evaluations;

/// <summary>
/// Carries runs out, page by page of their sets, as jobs on the batch lane: asking a question again is harmless, and its answer stands. So
/// whoever takes over goes on where the run is.
/// </summary>
internal sealed class EvaluationRunner(
    EvaluationStore evaluations, Leases leases, ServiceClients clients, EventPublisher events, TimeProvider time, ILogger<EvaluationRunner> logger)
    : BatchRunner("evaluations", evaluations.Open, leases, time, logger)
{
    private const string Lane = "batch";

    protected override async Task<bool?> StepAsync(WorkPlace place, CancellationToken cancellationToken)
    {
        var evaluation = await evaluations.GetAsync(place.Tenant, place.Id, cancellationToken);
        if (evaluation is { Status: EvaluationStatus.Running })
            evaluation = await GoOnAsync(place.Tenant, evaluation, cancellationToken);
        if (evaluation is { Status: EvaluationStatus.Completed })
            await TellAsync(place.Tenant, evaluation, cancellationToken);
        return evaluation is null ? null : evaluation.Status != EvaluationStatus.Running;
    }

    private async Task<Evaluation?> GoOnAsync(string tenant, Evaluation evaluation, CancellationToken cancellationToken)
    {
        var page = evaluation.Done / EvaluationStore.PageSize;
        var cases = await evaluations.CasesAsync(tenant, evaluation.Set, page, cancellationToken);
        var asked = await Task.WhenAll(cases.Select((one, n) => AskAsync(tenant, evaluation, evaluation.Done + n, one, cancellationToken)));
        if (asked.Contains(null))
            return await evaluations.UpdateAsync(tenant, evaluation.Id, current => current with { Status = EvaluationStatus.Failed, EndedAt = Time.GetUtcNow() }, cancellationToken);
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
                : current with { Done = done, Scores = scores, Status = EvaluationStatus.Completed, EndedAt = Time.GetUtcNow() },
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

    // Before the run is no longer looked after: whoever takes over tells again, under the same id and time.
    private async Task TellAsync(string tenant, Evaluation evaluation, CancellationToken cancellationToken)
    {
        var results = await evaluations.ResultsAsync(tenant, evaluation, 0, evaluation.Cases, cancellationToken);
        var judged = results.Select(result => result.Correct).OfType<bool>().ToList();
        var fact = new EvaluationCompleted(
            tenant, evaluation.EndedAt!.Value, evaluation.Id, evaluation.Agent, evaluation.AgentVersion, judged.Count, judged.Count(correct => correct));
        await events.PublishNowAsync(EvaluationCompleted.Topic, tenant, [events.Message(fact)], cancellationToken);
    }
}
