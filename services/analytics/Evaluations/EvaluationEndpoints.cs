using System.ComponentModel;
using System.Text;
using Agents.Analytics.Batches;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Events;
using Agents.Defaults.Idempotency;
using Agents.Defaults.Identity;
using Agents.Defaults.Paging;
using Microsoft.AspNetCore.Mvc;

namespace Agents.Analytics.Evaluations;

/// <summary>Test sets, and how versions of agents do on them.</summary>
internal static class EvaluationEndpoints
{
    public static void AddEvaluations(this IServiceCollection services) =>
        services.AddSingleton<EvaluationStore>().AddHostedService<EvaluationRunner>();

    public static void MapEvaluations(this IEndpointRouteBuilder routes)
    {
        var sets = routes.MapGroup("/v1/evaluations/sets").WithTags("Evaluations");
        sets.MapPost("/", CreateSet).WithAudit("test_set.create").RequireScope(Scopes.Admin).WithIdempotency().Accepts<TestCase>("application/x-ndjson", "application/json", "text/plain")
            .Produces<TestSet>(201).WithName("CreateTestSet").WithSummary("Keep a test set: JSON lines of question, expected_answer and expected_sources, at most 500");
        sets.MapGet("/", ListSets).RequireScope(Scopes.Analytics).Produces<Page<TestSet>>().WithName("ListTestSets").WithSummary("Test sets");
        sets.MapGet("/{id}", GetSet).RequireScope(Scopes.Analytics).Produces<TestSet>().WithName("GetTestSet").WithSummary("One test set");

        var runs = routes.MapGroup("/v1/evaluations").WithTags("Evaluations");
        runs.MapPost("/", Start).WithAudit("evaluation.start").RequireScope(Scopes.Admin).WithIdempotency().Produces<Evaluation>(202).WithName("StartEvaluation")
            .WithSummary("Run a test set against a version of an agent, as jobs on the batch lane");
        runs.MapGet("/", List).RequireScope(Scopes.Analytics).Produces<Page<Evaluation>>().WithName("ListEvaluations").WithSummary("Runs of test sets");
        runs.MapGet("/{id}", Get).RequireScope(Scopes.Analytics).Produces<Evaluation>().WithName("GetEvaluation").WithSummary("One run, with its scores once it is completed");
        runs.MapGet("/{id}/results", Results).RequireScope(Scopes.Analytics).Produces<Page<CaseResult>>().WithName("ListResults").WithSummary("What became of the cases so far, in their order");
        runs.MapGet("/{id}/comparison", Compare).RequireScope(Scopes.Analytics).Produces<EvaluationComparison>().WithName("CompareEvaluations")
            .WithSummary("How the run differs from another one of the same set");
    }

    private static async Task<IResult> CreateSet(
        [FromQuery, Description("At most 100 characters.")] string? name, HttpContext http, Caller caller, EvaluationStore evaluations, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (Checks.Text("name", name, 100) is { } refusal)
            return refusal;
        using var reader = new StreamReader(http.Request.Body, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        var (cases, defect) = TestCase.Read(await reader.ReadToEndAsync(cancellationToken));
        if (cases is null)
            return defect!;
        var set = new TestSet(http.NewId(EvaluationStore.SetPrefix), name!, cases.Count, time.GetUtcNow());
        await evaluations.CreateSetAsync(caller.Tenant, set, cases, cancellationToken);
        return TypedResults.Created($"/v1/evaluations/sets/{set.Id}", set);
    }

    private static async Task<IResult> ListSets([AsParameters] PageQuery query, Caller caller, EvaluationStore evaluations, CancellationToken cancellationToken) =>
        query.Refusal(EvaluationStore.SetPrefix) is { } refusal ? refusal : TypedResults.Ok(await evaluations.SetsAsync(caller.Tenant, query, cancellationToken));

    private static async Task<IResult> GetSet(string id, Caller caller, EvaluationStore evaluations, CancellationToken cancellationToken) =>
        await FindSetAsync(id, caller, evaluations, cancellationToken) is { } set ? TypedResults.Ok(set) : Problem.NotFound("test_set");

    private static async Task<IResult> Start(
        StartEvaluation request, HttpContext http, Caller caller, EvaluationStore evaluations, TimeProvider time, CancellationToken cancellationToken)
    {
        if ((Checks.Text("set", request.Set, 100) ?? Checks.Text("agent", request.Agent, 100)
            ?? (request.AgentVersion is null or < 1 ? Problem.Invalid("agent_version", "agent_version must be a version of the agent, 1 or more.") : null)) is { } refusal)
        {
            return refusal;
        }
        if (await FindSetAsync(request.Set!, caller, evaluations, cancellationToken) is not { } set)
            return Problem.Invalid("set", "set must be the id of a test set.");
        var evaluation = new Evaluation(
            http.NewId(EvaluationStore.Prefix), set.Id, request.Agent!, request.AgentVersion!.Value, EvaluationStatus.Running, set.Cases, 0, time.GetUtcNow(), null, null);
        return await evaluations.StartAsync(caller.Tenant, evaluation, cancellationToken)
            ? TypedResults.Accepted($"/v1/evaluations/{evaluation.Id}", evaluation)
            : new Problem(429, "too_many_evaluations", $"A tenant has at most {OpenWork.MostOfTenant} runs under way, or too many others are; try again.", RetryAfter: TimeSpan.FromSeconds(30));
    }

    private static async Task<IResult> List([AsParameters] PageQuery query, Caller caller, EvaluationStore evaluations, CancellationToken cancellationToken) =>
        query.Refusal(EvaluationStore.Prefix) is { } refusal ? refusal : TypedResults.Ok(await evaluations.PageAsync(caller.Tenant, query, cancellationToken));

    private static async Task<IResult> Get(string id, Caller caller, EvaluationStore evaluations, CancellationToken cancellationToken) =>
        await FindAsync(id, caller, evaluations, cancellationToken) is { } evaluation ? TypedResults.Ok(evaluation) : Problem.NotFound("evaluation");

    private static async Task<IResult> Results(
        string id, [FromQuery, Description("1 to 100; default 20.")] int? limit, [FromQuery, Description("A number of a case, after which to go on.")] int? after,
        Caller caller, EvaluationStore evaluations, CancellationToken cancellationToken)
    {
        if (limit is < 1 or > 100)
            return Problem.Invalid("limit", "limit must be 1 to 100.");
        if (after is < 0 or >= TestCase.MaxCases)
            return Problem.Invalid("after", "after must be the number of a case.");
        if (await FindAsync(id, caller, evaluations, cancellationToken) is not { } evaluation)
            return Problem.NotFound("evaluation");
        var from = (after ?? -1) + 1;
        var results = await evaluations.ResultsAsync(caller.Tenant, evaluation, from, limit ?? 20, cancellationToken);
        return TypedResults.Ok(new Page<CaseResult>(results, Number(results, 0), Number(results, results.Count - 1), from + results.Count < evaluation.Done));
    }

    private static async Task<IResult> Compare(
        string id, [FromQuery, Description("Id of the other run.")] string? with, Caller caller, EvaluationStore evaluations, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, caller, evaluations, cancellationToken) is not { } one)
            return Problem.NotFound("evaluation");
        if (with is null || await FindAsync(with, caller, evaluations, cancellationToken) is not { } other || other.Set != one.Set)
            return Problem.Invalid("with", "with must be the id of another run of the same test set.");
        if (one.Scores is null || other.Scores is null)
            return Problem.Conflict("evaluation_not_completed", "Both runs must be completed.");
        return TypedResults.Ok(Score.Compare(
            one.Id, await evaluations.ResultsAsync(caller.Tenant, one, 0, one.Cases, cancellationToken),
            other.Id, await evaluations.ResultsAsync(caller.Tenant, other, 0, other.Cases, cancellationToken)));
    }

    private static async Task<TestSet?> FindSetAsync(string id, Caller caller, EvaluationStore evaluations, CancellationToken cancellationToken) =>
        Ids.IsValid(EvaluationStore.SetPrefix, id) ? await evaluations.SetAsync(caller.Tenant, id, cancellationToken) : null;

    private static async Task<Evaluation?> FindAsync(string id, Caller caller, EvaluationStore evaluations, CancellationToken cancellationToken) =>
        Ids.IsValid(EvaluationStore.Prefix, id) ? await evaluations.GetAsync(caller.Tenant, id, cancellationToken) : null;

    private static string? Number(IReadOnlyList<CaseResult> results, int at) =>
        results.Count > 0 ? results[at].Number.ToString(System.Globalization.CultureInfo.InvariantCulture) : null;
}
