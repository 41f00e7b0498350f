namespace Dapr.Workflow;

/// <summary>Where an instance stands.</summary>
public enum WorkflowRuntimeStatus
{
    /// <summary>Not known, or the instance does not exist.</summary>
    Unknown = -1,

    /// <summary>It runs, or waits for something.</summary>
    Running = 0,

    /// <summary>It ended with a result.</summary>
    Completed = 1,

    /// <summary>It begins anew.</summary>
    ContinuedAsNew = 2,

    /// <summary>It ended with an exception.</summary>
    Failed = 3,

    /// <summary>It was cancelled.</summary>
    Canceled = 4,

    /// <summary>It was terminated.</summary>
    Terminated = 5,

    /// <summary>It has not begun.</summary>
    Pending = 6,

    /// <summary>It takes a break until it is resumed.</summary>
    Suspended = 7,

    /// <summary>It cannot go on, because no worker has the code it needs.</summary>
    Stalled = 8,
}
