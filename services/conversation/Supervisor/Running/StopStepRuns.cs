using Agents.Conversation.Jobs;
using Dapr.Workflow;

namespace Agents.Conversation.Supervisor.Running;

/// <summary>Ends runs whose plan does not wait for them any more. Gives how many it still found under way.</summary>
internal sealed class StopStepRuns(JobStore jobs, JobDesk desk) : WorkflowActivity<StopRuns, int>
{
    public override async Task<int> RunAsync(WorkflowActivityContext context, StopRuns input)
    {
        var stopped = 0;
        foreach (var id in input.Jobs)
        {
            if (await jobs.FindAsync(input.Plan.Tenant, id, CancellationToken.None) is not { Ended: false } job)
                continue;
            await desk.CancelAsync(job, CancellationToken.None);
            stopped++;
        }
        return stopped;
    }
}
