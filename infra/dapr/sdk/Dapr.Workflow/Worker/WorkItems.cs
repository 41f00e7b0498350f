using Dapr.Workflow.Abstractions;
using Dapr.Workflow.Protocol;
using Dapr.Workflow.Replay;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dapr.Workflow.Worker;

/// <summary>Does what the sidecar hands out: turns of workflows and calls of activities, each in a scope of services of its own.</summary>
internal sealed partial class WorkItems(WorkflowRuntimeOptions options, IServiceScopeFactory scopes, ILoggerFactory loggers)
{
    private readonly ILogger _logger = loggers.CreateLogger<WorkItems>();

    /// <summary>Runs one turn of a workflow; what goes wrong in the workflow is part of the answer.</summary>
    public async Task<WorkflowResponse> RunAsync(WorkflowRequest request, string completionToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var replay = new WorkflowReplay(
            request, name => options.CreateWorkflow(name, scope.ServiceProvider) ?? throw new WorkflowNotFoundException(name), loggers);
        var response = replay.Run();
        response.CompletionToken = completionToken;
        return response;
    }

    /// <summary>Runs an activity; what it throws is part of the answer.</summary>
    public async Task<ActivityResponse> RunAsync(ActivityRequest request, string completionToken)
    {
        var response = new ActivityResponse
        {
            InstanceId = request.WorkflowInstance?.InstanceId ?? "",
            TaskId = request.TaskId,
            CompletionToken = completionToken,
        };
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var activity = options.CreateActivity(request.Name, scope.ServiceProvider) ?? throw new ActivityNotFoundException(request.Name);
            var context = new Context(request.Name, request.TaskExecutionId, response.InstanceId);
            response.Result = WorkflowJson.Write(await activity.RunAsync(context, WorkflowJson.Read(request.Input, activity.InputType)));
        }
        catch (ActivityNotFoundException error)
        {
            response.FailureDetails = new TaskFailureDetails { ErrorType = nameof(ActivityNotFoundException), ErrorMessage = error.Message };
        }
        catch (Exception error)
        {
            // The workflow hears of it and decides what to do; that is how activities fail.
            ActivityFailed(_logger, error, request.Name, response.InstanceId);
            response.FailureDetails = WorkflowTaskFailureDetails.ToMessage(error);
        }

        return response;
    }

    [LoggerMessage(1, LogLevel.Information, "Activity {Name} of workflow {InstanceId} failed")]
    private static partial void ActivityFailed(ILogger logger, Exception error, string name, string instanceId);

    private sealed class Context(string name, string key, string instanceId) : WorkflowActivityContext
    {
        public override TaskIdentifier Identifier => name;

        public override string TaskExecutionKey => key;

        public override string InstanceId => instanceId;
    }

    private sealed class ActivityNotFoundException(string name) : Exception($"Activity '{name}' not found");
}
