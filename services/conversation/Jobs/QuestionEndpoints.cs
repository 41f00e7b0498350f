using System.Text.Json;
using Agents.Contracts;
using Agents.Defaults.Api;
using Agents.Defaults.Identity;

namespace Agents.Conversation.Jobs;

/// <summary>Questions that another service has an agent answer.</summary>
internal static class QuestionEndpoints
{
    private const string Source = "questions";

    public static void MapQuestions(this IEndpointRouteBuilder routes) => routes.MapPost("/internal/questions", Ask).RequireInternal();

    private static async Task<IResult> Ask(AskQuestion request, Caller caller, JobDesk desk, JobStore jobs, TimeProvider time, CancellationToken cancellationToken)
    {
        if ((Checks.Text("key", request.Key, 200) ?? Checks.Text("question", request.Question, 8_000)) is { } refusal)
            return refusal;
        var id = JobDesk.IdOf(caller.Tenant, Source, request.Key);
        var job = await jobs.GetAsync(caller.Tenant, id, cancellationToken);
        // One that nobody has begun may have lost its place before it had one.
        if (job is null or { Status: JobStatus.Queued, Lease: 0 })
        {
            var submitted = new SubmitJob(JobKind.Turn, request.Agent, request.Question, request.Lane, null, null, AgentVersion: request.AgentVersion);
            (job, _) = await desk.SubmitAsync(id, caller.Tenant, submitted, again: true, cancellationToken);
        }
        var shown = job.Show(time.GetUtcNow());
        var output = shown.Status == JobStatus.Succeeded ? await jobs.OutputAsync(job, cancellationToken) : null;
        return TypedResults.Ok(new AskedQuestion(
            id, JsonNamingPolicy.SnakeCaseLower.ConvertName(shown.Status.ToString()), shown.Error?.Code, output?.Text,
            [.. output?.Citations.Select(cited => new CitedSource(cited.DocumentId, cited.Title)) ?? []], shown.Usage?.CostMicros ?? 0));
    }
}
