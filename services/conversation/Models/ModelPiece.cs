using Agents.Conversation.Turns;
using Agents.Defaults.Errors;

namespace Agents.Conversation.Models;

/// <summary>A piece of a model's answer.</summary>
/// <param name="Text">Text, as it comes.</param>
/// <param name="Calls">The tools that the model asks for, once, when it has said all about them.</param>
/// <param name="Usage">What the call used, at its end.</param>
/// <param name="CallId">The call at the gateway.</param>
internal sealed record ModelPiece(string? Text, IReadOnlyList<ToolCall>? Calls, TurnUsage? Usage, string CallId);

/// <summary>A tool that a model asks for.</summary>
/// <param name="Arguments">JSON as the model wrote it: nothing about it is certain.</param>
internal sealed record ToolCall(string Name, string Arguments);

/// <summary>The gateway itself went away, before or in the middle of its answer: asking again is the caller's choice.</summary>
internal sealed class ModelLostException(Exception? inner) : ProblemException(
    Problem.Unavailable("model_unavailable", "The model gateway does not answer; try again."), inner);
