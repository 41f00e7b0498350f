using System.Text.Json;

namespace Agents.Conversation.Supervisor.Plans;

/// <summary>A task divided into steps. Steps that do not wait for one another run side by side.</summary>
/// <param name="Steps">1 to 32, of at most 40,000 characters in all.</param>
public sealed record Plan(IReadOnlyList<PlanStep>? Steps)
{
    /// <summary>Whether each step waits for exactly the one before it: then nothing is fanned out, and the last answer is the answer.</summary>
    internal bool IsChain => Steps!.Index().All(step => (step.Item.After ?? []).SequenceEqual(step.Index == 0 ? [] : [Steps![step.Index - 1].Id!]));
}

/// <summary>A step: one question to an agent, run as a job on a lane.</summary>
/// <param name="Id">1 to 40 of <c>a-z</c>, <c>0-9</c>, <c>_</c> and <c>-</c>, once in the plan; not <c>plan</c> or <c>answer</c>.</param>
/// <param name="Task">What is to be done, 1 to 8,000 characters. What the steps before it found is put below.</param>
/// <param name="After">The steps that it waits for, and whose answers it gets.</param>
/// <param name="Agent">Who does it; default the job's agent.</param>
/// <param name="Model">Default: the job's <c>step_model</c>.</param>
/// <param name="Lane">Default: its agent's lane, and the job's where it is the job's agent.</param>
/// <param name="Checks">What its answer must stand.</param>
/// <param name="Approval">A person must approve it before it is run; default false.</param>
/// <param name="Attempts">1 to 5; default 3. Each attempt after the first is told why the one before was not accepted; the last has the strong model.</param>
/// <param name="Optional">When it fails the others go on without it; default false: then the plan stops with what it has.</param>
public sealed record PlanStep(
    string? Id, string? Task, IReadOnlyList<string>? After = null, string? Agent = null, string? Model = null, string? Lane = null, StepChecks? Checks = null,
    bool? Approval = null, int? Attempts = null, bool? Optional = null);

/// <summary>What a step's answer must stand besides being there, being the model's own and giving no orders to those who read it.</summary>
/// <param name="Schema">JSON Schema, at most 4,000 characters: the answer must be JSON that fits (the parts of the standard that tools have).</param>
/// <param name="Rules">
/// At most 8 CEL conditions of at most 500 characters on <c>text</c>, <c>length</c> (characters), <c>citations</c> (how many) and, where the
/// answer is JSON, <c>answer</c>: <c>answer.low &lt;= answer.high</c>.
/// </param>
/// <param name="MinGroundedness">
/// 0 to 1: the share of its words that must be found in what it cites and in what it was given; then also each of its numbers must be there,
/// and each <c>[n]</c> be a source that it had.
/// </param>
/// <param name="Judge">What the strong model is to judge it by, at most 2,000 characters.</param>
public sealed record StepChecks(JsonElement? Schema = null, IReadOnlyList<string>? Rules = null, double? MinGroundedness = null, string? Judge = null);
