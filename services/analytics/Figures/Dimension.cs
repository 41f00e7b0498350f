using System.Globalization;
using Agents.Contracts;

namespace Agents.Analytics.Figures;

/// <summary>What figures are told apart by. The names are stored.</summary>
internal enum Dimension
{
    /// <summary>All together; its one value is the empty text.</summary>
    Total,

    /// <summary>The agent's id.</summary>
    Agent,

    /// <summary>The agent's version: <c>{agent}@{version}</c>.</summary>
    Version,

    /// <summary>The model that was called.</summary>
    Model,

    /// <summary>The lane of a job.</summary>
    Lane,

    /// <summary>The user of a session.</summary>
    User,
}

internal static class Dimensions
{
    public static IReadOnlyList<Dimension> All { get; } = Enum.GetValues<Dimension>();

    /// <summary>What has to be read to show one dimension beside the total.</summary>
    public static IReadOnlyList<Dimension> TotalAnd(Dimension dimension) => dimension == Dimension.Total ? [dimension] : [Dimension.Total, dimension];

    /// <summary>Where a fact counts besides in the total.</summary>
    public static IEnumerable<(Dimension Dimension, string Value)> Of(IEvent fact)
    {
        var (agent, version, model, lane, user) = fact switch
        {
            SessionStarted started => (started.Agent, started.AgentVersion, null, null, started.User),
            SessionEnded ended => (ended.Agent, ended.AgentVersion, null, null, ended.User),
            TurnCompleted turn => (turn.Agent, turn.AgentVersion, null, null, turn.User),
            TurnFailed turn => (turn.Agent, turn.AgentVersion, null, null, turn.User),
            GuardrailTriggered guardrail => (guardrail.Agent, guardrail.AgentVersion, null, null, null),
            FeedbackGiven feedback => (feedback.Agent, feedback.AgentVersion, null, null, feedback.User),
            EscalationOpened escalation => (escalation.Agent, escalation.AgentVersion, null, null, null),
            EscalationResolved escalation => (escalation.Agent, escalation.AgentVersion, null, null, null),
            AnswerJudged judged => (judged.Agent, judged.AgentVersion, null, null, null),
            AnswerScored scored => (scored.Agent, scored.AgentVersion, null, null, null),
            CallCompleted call => (call.Agent, call.AgentVersion, call.Model, call.Lane, call.User),
            EvaluationCompleted evaluation => (evaluation.Agent, evaluation.AgentVersion, null, null, null),
            JobAccepted job => (null, null, null, job.Lane, null),
            JobStarted job => (null, null, null, job.Lane, null),
            JobCompleted job => (null, null, null, job.Lane, null),
            JobDead job => (null, null, null, job.Lane, null),
            _ => default((string?, int?, string?, string?, string?)),
        };
        if (agent is not null)
            yield return (Dimension.Agent, agent);
        if (agent is not null && version is not null)
            yield return (Dimension.Version, string.Create(CultureInfo.InvariantCulture, $"{agent}@{version}"));
        if (model is not null)
            yield return (Dimension.Model, model);
        if (lane is not null)
            yield return (Dimension.Lane, lane);
        if (user is not null)
            yield return (Dimension.User, user);
    }
}
