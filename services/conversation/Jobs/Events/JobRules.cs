using Agents.Conversation.Hooks;
using Agents.Conversation.Jobs.Lanes;
using Agents.Conversation.Tenants;
using Agents.Defaults.Errors;
using Agents.Defaults.Events;
using Agents.Defaults.Idempotency;
using Agents.Defaults.Identity;
using Agents.Defaults.Paging;
using Agents.Defaults.State;

namespace Agents.Conversation.Jobs.Events;

/// <summary>The installation's rules, in one record; every replica has a copy, two seconds old at most.</summary>
internal sealed class JobRules(Stores stores, Versions versions)
{
    public const string Prefix = "rule";

    private const string Key = "job-rules";
    private const int Max = 100;

    private readonly Copy<IReadOnlyList<JobRule>> _copy = versions.Copy<IReadOnlyList<JobRule>>(
        "conversation/job-rules", async cancellationToken => (await stores.Main.GetAsync<List<JobRule>>(Key, cancellationToken))?.Value ?? []);

    public ValueTask<IReadOnlyList<JobRule>> AllAsync(CancellationToken cancellationToken) => _copy.GetAsync(cancellationToken);

    /// <exception cref="ProblemException">409 <c>too_many_rules</c>.</exception>
    public Task AddAsync(JobRule rule, CancellationToken cancellationToken) => ChangeAsync(
        rules => rules.Any(other => other.Id == rule.Id) ? null
            : rules.Count >= Max ? throw new ProblemException(Problem.Conflict("too_many_rules", $"There are {Max} rules already; delete one."))
            : [.. rules, rule],
        cancellationToken);

    /// <summary>False when there is no such rule.</summary>
    public async Task<bool> DeleteAsync(string id, CancellationToken cancellationToken)
    {
        var found = false;
        await ChangeAsync(
            rules =>
            {
                found = rules.Any(rule => rule.Id == id);
                return found ? [.. rules.Where(rule => rule.Id != id)] : null;
            },
            cancellationToken);
        return found;
    }

    private async Task ChangeAsync(Func<List<JobRule>, List<JobRule>?> change, CancellationToken cancellationToken)
    {
        await stores.Main.UpdateAsync<List<JobRule>>(Key, rules => change(rules ?? []), cancellationToken);
        await versions.ChangedAsync("conversation/job-rules", cancellationToken);
    }
}

internal static class JobRuleEndpoints
{
    public static void MapJobRules(this IEndpointRouteBuilder routes)
    {
        var rules = routes.MapGroup("/v1/jobs/rules").WithTags("Jobs").RequireScope(Scopes.Admin);
        rules.MapPost("/", Create).WithAudit("job_rule.create").WithIdempotency().Produces<JobRule>(201).WithSummary("Make a job of each event on agents-in that fits (operator).");
        rules.MapGet("/", List).Produces<Page<JobRule>>().WithSummary("The rules, at most 100 (operator).");
        rules.MapDelete("/{id}", Delete).WithAudit("job_rule.delete").Produces(204).WithSummary("Delete a rule (operator).");
    }

    // Events carry no key, so a rule sees those of all tenants: only who runs the installation may make one.
    private static async Task<IResult> Create(
        CreateJobRule request, HttpContext http, Caller caller, JobRules rules, TenantStore tenants, LaneOptions lanes, EgressClient egress, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (!caller.IsOperator)
            return OperatorsOnly;
        if (request.Refusal(lanes, egress, time.GetUtcNow()) is { } refusal)
            return refusal;
        var tenant = request.Tenant ?? caller.Tenant;
        if (tenant != Caller.OperatorTenant && await tenants.FindAsync(tenant, cancellationToken) is null)
            return Problem.Invalid("tenant", "tenant is no tenant of this installation.");
        var rule = new JobRule(http.NewId(JobRules.Prefix), request.Name!, tenant, request.Match!, request.Job!, time.GetUtcNow());
        await rules.AddAsync(rule, cancellationToken);
        return TypedResults.Created($"/v1/jobs/rules/{rule.Id}", rule);
    }

    private static async Task<IResult> List(Caller caller, JobRules rules, CancellationToken cancellationToken)
    {
        if (!caller.IsOperator)
            return OperatorsOnly;
        var all = await rules.AllAsync(cancellationToken);
        return TypedResults.Ok(new Page<JobRule>(all, all is [var first, ..] ? first.Id : null, all is [.., var last] ? last.Id : null, HasMore: false));
    }

    private static async Task<IResult> Delete(string id, Caller caller, JobRules rules, CancellationToken cancellationToken) =>
        caller.IsOperator && await rules.DeleteAsync(id, cancellationToken) ? TypedResults.NoContent() : Problem.NotFound("rule");

    private static Problem OperatorsOnly { get; } = new(403, "operator_only", "Only an admin key of the tenant 'default' may do this.");
}
