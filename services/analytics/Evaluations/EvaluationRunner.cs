using System.Globalization;
using System.Net;
using System.Text.Json;
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
        if (asked.FirstOrDefault(one => one.Refusal is not null).Refusal is { } refusal)
        {
            return await evaluations.UpdateAsync(
                tenant, evaluation.Id, current => current with { Status = EvaluationStatus.Failed, Error = refusal, EndedAt = Time.GetUtcNow() }, cancellationToken);
        }
        var questions = asked.Select(one => one.Question!).ToList();
        if (questions.Any(question => question.Status is "queued" or "running"))
            return evaluation;
        await evaluations.PutResultsAsync(
            tenant, evaluation.Id, page, [.. questions.Select((question, n) => Score.Of(evaluation.Done + n, cases[n], question))], cancellationToken);
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

    /// <returns>How the question stands, or the code with which it is refused for good.</returns>
    private async Task<(AskedQuestion? Question, string? Refusal)> AskAsync(string tenant, Evaluation evaluation, int number, TestCase one, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/internal/questions").For(tenant);
        var key = string.Create(CultureInfo.InvariantCulture, $"{evaluation.Id}.{number}");
        request.Content = JsonContent.Create(new AskQuestion(key, evaluation.Agent, evaluation.AgentVersion, Lane, one.Question), options: Json.Options);
        using var response = await clients.Conversation.SendAsync(request, cancellationToken);
        if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict)
            return (null, (await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken)).GetProperty("code").GetString());
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<AskedQuestion>(Json.Options, cancellationToken), null);
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
