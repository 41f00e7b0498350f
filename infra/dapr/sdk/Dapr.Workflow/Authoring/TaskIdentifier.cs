namespace Dapr.Workflow.Abstractions;

/// <summary>Names a workflow or an activity.</summary>
/// <param name="Name">The name it was registered under; case does not matter.</param>
public readonly record struct TaskIdentifier(string Name)
{
    /// <summary>Takes a text as a name.</summary>
    public static implicit operator TaskIdentifier(string name) => new(name);

    /// <summary>Takes a name as a text.</summary>
    public static implicit operator string(TaskIdentifier identifier) => identifier.Name;

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
