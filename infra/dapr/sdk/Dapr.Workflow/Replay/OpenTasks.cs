using Dapr.Workflow.Protocol;

namespace Dapr.Workflow.Replay;

/// <summary>What the workflow asked for, matched with what its history says it asked for.</summary>
internal sealed class OpenTasks
{
    private readonly SortedDictionary<int, OpenTask> _open = [];
    private int _nextId;

    public bool IsEmpty => _open.Count == 0;

    /// <summary>The actions the history does not have yet.</summary>
    public IEnumerable<WorkflowAction> NewActions => _open.Values.Where(task => !task.IsScheduled).Select(task => task.Action);

    public int NextId() => _nextId++;

    public void Add(OpenTask task) => _open.Add(task.Action.Id, task);

    /// <summary>Takes an event that says what was asked for under an id.</summary>
    /// <exception cref="NonDeterministicWorkflowException">The code asked for something else, or for nothing, under that id.</exception>
    public void Schedule(int id, string what)
    {
        if (!_open.TryGetValue(id, out var task) || task.IsScheduled)
            throw new NonDeterministicWorkflowException($"The history has {what} as action {id}; the code of the workflow did not ask for it.");
        if (task.What != what)
            throw new NonDeterministicWorkflowException($"The history has {what} as action {id}; the code of the workflow asked for {task.What}.");
        task.IsScheduled = true;
    }

    /// <summary>
    /// Finds the task an event ends; null when it is not waited for: it ended before, or belongs to an earlier execution of the instance.
    /// </summary>
    public OpenTask? End(int id, string executionKey = "")
    {
        if (!_open.TryGetValue(id, out var task) || !task.IsScheduled) return null;
        if (executionKey.Length > 0 && task.ExecutionKey.Length > 0 && executionKey != task.ExecutionKey) return null;
        _open.Remove(id);
        return task;
    }

    /// <summary>Ends what has no result to wait for, once the history has it.</summary>
    public void Forget(int id) => _open.Remove(id);
}
