using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Agents.Conversation.Jobs;

namespace Agents.Conversation.Supervisor;

/// <summary>What a model is asked for.</summary>
public enum RunRole
{
    /// <summary>To divide the task.</summary>
    Plan,

    /// <summary>To do a step.</summary>
    Work,

    /// <summary>To judge a step's answer.</summary>
    Judge,

    /// <summary>To put the answers together.</summary>
    Answer,
}

/// <summary>
/// One time that a model is asked for something: a job on a lane. Its id follows from what it is, so that asking for it again, after a
/// crash in between, finds the job that is there.
/// </summary>
/// <param name="Step">The plan's step; <see cref="Planning"/> and <see cref="Answering"/> for those that belong to none.</param>
/// <param name="Attempt">From 1.</param>
internal sealed record StepRun(RunRole Role, string Step, int Attempt)
{
    public const string Planning = "plan";
    public const string Answering = "answer";

    /// <summary>The job's id: as old as its plan's, so that ids stay ordered by time.</summary>
    public string JobOf(string plan)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{plan}\n{Role}\n{Step}\n{Attempt}")));
        return $"{plan.AsSpan(0, JobStore.Prefix.Length + 13)}{Convert.ToHexStringLower(hash.AsSpan(0, 10))}";
    }
}

/// <summary>A job that is a run of a plan.</summary>
/// <param name="Plan">Id of the job of the kind <see cref="JobKind.Supervisor"/>; of the same tenant.</param>
internal sealed record PlanRun(string Plan, StepRun Run);
