using Agents.Conversation.Jobs;
using Agents.Defaults.Api;
using Agents.Defaults.Identity;

namespace Agents.Conversation.Supervisor.Steps;

/// <summary>Says that a run has ended. What it gave is where all can read it.</summary>
internal sealed record RunEnded(string Plan, string Job);

/// <summary>
/// Brings the end of a run from the worker, which may be an app of its own, to <c>conversation</c>, where the plan's workflow lives. Part of
/// settling the job: until it has succeeded the job's lane keeps the job and has it settled again.
/// </summary>
internal sealed class StepReturns(ServiceClients clients)
{
    public const string Route = "/internal/supervisor/runs";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    /// <exception cref="HttpRequestException">It is not known whether the workflow knows.</exception>
    public async Task ReturnAsync(JobRecord job, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        using var request = new HttpRequestMessage(HttpMethod.Post, Route).For(job.Tenant);
        request.Content = JsonContent.Create(new RunEnded(job.Run!.Plan, job.Id), options: Json.Options);
        using var response = await clients.Conversation.SendAsync(request, limit.Token);
        response.EnsureSuccessStatusCode();
    }
}
