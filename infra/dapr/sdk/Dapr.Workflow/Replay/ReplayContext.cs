using System.Globalization;
using Dapr.Workflow.Protocol;
using Microsoft.Extensions.Logging;

namespace Dapr.Workflow.Replay;

/// <summary>The context of one turn of one instance. This file holds who the workflow is; the others what it may ask for.</summary>
internal sealed partial class ReplayContext(
    string instanceId, ExecutionStartedEvent started, DateTime now, TurnThread thread, ILoggerFactory loggers) : WorkflowContext
{
    private readonly string _executionId = started.WorkflowInstance?.ExecutionId ?? "";
    private DateTime _now = now;
    private int _guids;

    public override string Name => started.Name;

    public override string InstanceId => instanceId;

    public override DateTime CurrentUtcDateTime => _now;

    public override bool IsReplaying => Replays;

    /// <summary>Whether the event under way is one of an earlier turn.</summary>
    public bool Replays { get; set; }

    /// <summary>What is shown to those who ask; null when the workflow shows nothing.</summary>
    public string? CustomStatus { get; private set; }

    /// <summary>With what the workflow begins anew at the end of the turn; null when it does not.</summary>
    public NewBeginning? Continuation { get; private set; }

    public OpenTasks Tasks { get; } = new();

    public ExternalEvents Events { get; } = new();

    public void BeginTurn(DateTime time) => _now = time;

    public override void SetCustomStatus(object? customStatus)
    {
        Enter();
        CustomStatus = WorkflowJson.Write(customStatus);
    }

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true)
    {
        Enter();
        Continuation = new NewBeginning(WorkflowJson.Write(newInput), preserveUnprocessedEvents);
    }

    public override Guid NewGuid()
    {
        Enter();
        return ReplayIds.Of(
            instanceId, _executionId, "guid", _now.Ticks.ToString(CultureInfo.InvariantCulture),
            (_guids++).ToString(CultureInfo.InvariantCulture));
    }

    public override ILogger CreateReplaySafeLogger(string categoryName) => new ReplaySafeLogger(loggers.CreateLogger(categoryName), this);

    public override ILogger CreateReplaySafeLogger(Type type) => new ReplaySafeLogger(loggers.CreateLogger(type), this);

    public override ILogger CreateReplaySafeLogger<T>() => new ReplaySafeLogger(loggers.CreateLogger<T>(), this);

    /// <exception cref="InvalidOperationException">The caller is not the workflow in its turn, so its call could not be replayed.</exception>
    private void Enter()
    {
        if (!thread.IsHere)
            throw new InvalidOperationException("The context belongs to the workflow's own code: it awaits nothing but tasks of its context.");
    }
}

/// <summary>What a workflow continues with.</summary>
/// <param name="Input">The next input, as JSON.</param>
/// <param name="KeepsEvents">Whether events nobody waited for are taken along.</param>
internal sealed record NewBeginning(string Input, bool KeepsEvents);
