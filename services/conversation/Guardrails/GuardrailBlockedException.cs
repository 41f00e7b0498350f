using Agents.Defaults.Errors;

namespace Agents.Conversation.Guardrails;

/// <summary>A turn that a guardrail ends. The message names the rule and the kinds, never what was said.</summary>
internal sealed class GuardrailBlockedException(GuardrailPlace place, GuardrailHit hit) : ProblemException(ProblemOf($"{Subject(place)} {Reason(hit)}"))
{
    public const string Code = "guardrail_blocked";

    /// <summary>The refusal of a turn that ended so.</summary>
    public static Problem ProblemOf(string detail) => new(StatusCodes.Status422UnprocessableEntity, Code, detail);

    private static string Subject(GuardrailPlace place) => place == GuardrailPlace.Input
        ? "The question was not passed on:"
        : "The answer was stopped:";

    private static string Reason(GuardrailHit hit) => hit.Rule switch
    {
        GuardrailRule.Pii => $"it holds personal data ({string.Join(", ", hit.Kinds)}).",
        GuardrailRule.Injection => "it tries to change the agent's instructions.",
        GuardrailRule.Topics => $"this agent does not talk about {string.Join(", ", hit.Kinds)}.",
        GuardrailRule.Secrets => "it holds a key, or something else that is kept secret.",
        GuardrailRule.Links => "it holds a link to a host that is not allowed.",
        _ => "it is longer than this agent allows.",
    };
}
