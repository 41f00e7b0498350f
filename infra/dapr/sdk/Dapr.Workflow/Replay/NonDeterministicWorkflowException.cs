namespace Dapr.Workflow.Replay;

/// <summary>The code of a workflow did not do again what its history says it did.</summary>
internal sealed class NonDeterministicWorkflowException(string message) : Exception(message);
