using Dapr.Workflow.Abstractions;

namespace Dapr.Workflow;

/// <summary>Which step of which workflow an activity runs for.</summary>
public abstract class WorkflowActivityContext
{
    /// <summary>The name the activity was called by.</summary>
    public abstract TaskIdentifier Identifier { get; }

    /// <summary>The same whenever this very call is repeated after a crash, and of no other call: a key for idempotent effects.</summary>
    public abstract string TaskExecutionKey { get; }

    /// <summary>The workflow that called.</summary>
    public abstract string InstanceId { get; }
}
