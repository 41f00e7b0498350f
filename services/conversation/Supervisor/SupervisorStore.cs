using Agents.Conversation.Jobs;
using Agents.Conversation.Supervisor.Plans;
using Agents.Defaults.State;

namespace Agents.Conversation.Supervisor;

/// <summary>How a supervisor's job is to be done, <c>supervise/{tenant}/{job}</c>: apart from the job, whose record is read in lists. It never changes.</summary>
internal sealed class SupervisorStore(Stores stores, PlanLog log)
{
    public Task PutAsync(JobRecord plan, Supervise how, CancellationToken cancellationToken) =>
        stores.Main.PutAsync(Key(plan), how, cancellationToken, plan.Deadline - plan.CreatedAt + JobStore.Grace + plan.ResultTtl);

    public async Task<Supervise> GetAsync(JobRecord plan, CancellationToken cancellationToken) =>
        (await stores.Main.GetAsync<Supervise>(Key(plan), cancellationToken))?.Value ?? new Supervise();

    /// <summary>The plan that is carried out: the caller's, or the last one that was accepted.</summary>
    public async Task<Plan?> PlanAsync(JobRecord plan, CancellationToken cancellationToken) =>
        (await log.ReadAsync(plan, cancellationToken)).LastOrDefault(entry => entry.Name == PlanEvent.Planned.EventName)?.Read<PlanEvent.Planned>().Plan;

    private static string Key(JobRecord plan) => $"supervise/{plan.Tenant}/{plan.Id}";
}
