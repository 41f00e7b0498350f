using System.Text.Json.Serialization;

namespace Agents.Contracts;

/// <summary>A job got its place in a lane.</summary>
public sealed record JobAccepted(string Tenant, DateTimeOffset Time, string Job, string Kind, string Lane) : IEvent
{
    public static string Topic => Topics.Job;
    public static string Type => "agents.job.accepted.v1";

    [JsonIgnore]
    public string Id => $"{Job}.accepted";
}

/// <summary>A worker took a job. <paramref name="QueuedMs"/> is the wait so far, in milliseconds.</summary>
public sealed record JobStarted(string Tenant, DateTimeOffset Time, string Job, string Kind, string Lane, int Attempts, int QueuedMs) : IEvent
{
    public static string Topic => Topics.Job;
    public static string Type => "agents.job.started.v1";

    [JsonIgnore]
    public string Id => $"{Job}.started.{Attempts}";
}

/// <summary>A supervisor's step changed its state.</summary>
public sealed record JobStep(
    string Tenant, DateTimeOffset Time, string Job, string Kind, string Lane, string Step, string Status, int Attempts) : IEvent
{
    public static string Topic => Topics.Job;
    public static string Type => "agents.job.step.v1";

    [JsonIgnore]
    public string Id => $"{Job}.step.{Step}.{Attempts}.{Status}";
}

/// <summary>A job reached its end; money in micro-units of the account's currency.</summary>
public sealed record JobCompleted(
    string Tenant, DateTimeOffset Time, string Job, string Kind, string Lane, string Status, int Attempts, int QueuedMs, int RunMs,
    [property: JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)] long CostMicros) : IEvent
{
    public static string Topic => Topics.Job;
    public static string Type => "agents.job.completed.v1";

    [JsonIgnore]
    public string Id => $"{Job}.completed";
}

/// <summary>A job used up its attempts and waits in the dead letters. <paramref name="Reason"/> is a stable code.</summary>
public sealed record JobDead(
    string Tenant, DateTimeOffset Time, string Job, string Kind, string Lane, int Attempts, int QueuedMs, int RunMs,
    [property: JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)] long CostMicros,
    string Reason) : IEvent
{
    public static string Topic => Topics.Job;
    public static string Type => "agents.job.dead.v1";

    [JsonIgnore]
    public string Id => $"{Job}.dead.{Attempts}";
}

/// <summary>A test set was run to its end against a version of an agent.</summary>
/// <param name="Cases">Cases with an expected answer.</param>
/// <param name="Correct">Those of them that were answered correctly.</param>
public sealed record EvaluationCompleted(
    string Tenant, DateTimeOffset Time, string Evaluation, string Agent, int AgentVersion, int Cases, int Correct) : IEvent
{
    public static string Topic => Topics.Job;
    public static string Type => "agents.evaluation.completed.v1";

    [JsonIgnore]
    public string Id => $"{Evaluation}.completed";
}
