using System.Text.Json;
using System.Text.RegularExpressions;
using Agents.Cel;
using Agents.Conversation.Jobs.Lanes;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;

namespace Agents.Conversation.Supervisor.Plans;

/// <summary>What a plan must be, whoever made it.</summary>
internal static partial class PlanRules
{
    public const int MaxSteps = 32;
    public const int MaxCharacters = 40_000;
    public const int MaxAttempts = 5;
    public const int DefaultAttempts = 3;

    private const int MaxTask = 8_000;
    private const int MaxSchema = 4_000;
    private const int MaxRules = 8;
    private const int MaxRule = 500;
    private const int MaxJudge = 2_000;

    /// <param name="at">Where the plan stands in the request.</param>
    public static Problem? Refusal(Plan plan, LaneOptions lanes, string at)
    {
        if (plan.Steps is not { Count: > 0 and <= MaxSteps } steps || steps.Any(step => step is null))
            return Problem.Invalid($"{at}.steps", $"{at}.steps must have 1 to {MaxSteps} steps.");
        return steps.Select((step, index) => StepRefusal(step, lanes, $"{at}.steps[{index}]")).FirstOrDefault(refusal => refusal is not null)
            ?? (JsonSerializer.Serialize(plan, Json.Options).Length > MaxCharacters ? Problem.Invalid(at, $"{at} has more than {MaxCharacters} characters.") : null)
            ?? OrderRefusal(steps, at)
            ?? RepetitionRefusal(steps, at);
    }

    private static Problem? StepRefusal(PlanStep step, LaneOptions lanes, string at) =>
        (step.Id is { } id && IdForm().IsMatch(id) && id is not (StepRun.Planning or StepRun.Answering)
            ? null : Problem.Invalid($"{at}.id", $"{at}.id must be 1 to 40 of a-z, 0-9, _ and -, and neither '{StepRun.Planning}' nor '{StepRun.Answering}'."))
        ?? Checks.Text($"{at}.task", step.Task, MaxTask)
        ?? Checks.Items($"{at}.after", step.After, MaxSteps, 40)
        ?? (step.Agent is null ? null : Checks.Text($"{at}.agent", step.Agent, 100))
        ?? (step.Model is null ? null : Checks.Text($"{at}.model", step.Model, 200))
        ?? (step.Lane is null || lanes.Has(step.Lane) ? null : Problem.Invalid($"{at}.lane", $"{at}.lane must be one of {string.Join(", ", lanes.Names)}."))
        ?? (step.Attempts is < 1 or > MaxAttempts ? Problem.Invalid($"{at}.attempts", $"{at}.attempts must be 1 to {MaxAttempts}.") : null)
        ?? (step.Checks is { } checks ? ChecksRefusal(checks, $"{at}.checks") : null);

    private static Problem? ChecksRefusal(StepChecks checks, string at) =>
        (checks.Schema is { } schema && (schema.ValueKind != JsonValueKind.Object || schema.GetRawText().Length > MaxSchema)
            ? Problem.Invalid($"{at}.schema", $"{at}.schema must be a JSON Schema object of at most {MaxSchema} characters.") : null)
        ?? Checks.Items($"{at}.rules", checks.Rules, MaxRules, MaxRule)
        ?? checks.Rules?.Select((rule, index) => RuleRefusal(rule, $"{at}.rules[{index}]")).FirstOrDefault(refusal => refusal is not null)
        ?? (checks.MinGroundedness is not (null or >= 0 and <= 1) ? Problem.Invalid($"{at}.min_groundedness", $"{at}.min_groundedness must be 0 to 1.") : null)
        ?? (checks.Judge is null ? null : Checks.Text($"{at}.judge", checks.Judge, MaxJudge));

    private static Problem? RuleRefusal(string rule, string at)
    {
        try
        {
            Expression.Parse(rule);
            return null;
        }
        catch (CelException exception)
        {
            return Problem.Invalid(at, $"{at} is no condition: {exception.Message}.");
        }
    }

    private static Problem? OrderRefusal(IReadOnlyList<PlanStep> steps, string at)
    {
        if (steps.GroupBy(step => step.Id).FirstOrDefault(same => same.Count() > 1) is { } twice)
            return Problem.Invalid($"{at}.steps", $"{at}.steps has two steps '{twice.Key}'.");
        var ids = steps.Select(step => step.Id!).ToHashSet(StringComparer.Ordinal);
        foreach (var step in steps)
        {
            if (step.After?.FirstOrDefault(before => !ids.Contains(before)) is { } unknown)
                return Problem.Invalid($"{at}.steps", $"'{step.Id}' waits for '{unknown}', which is no step.");
        }
        var done = new HashSet<string>(StringComparer.Ordinal);
        while (steps.Where(step => !done.Contains(step.Id!) && (step.After ?? []).All(done.Contains)).Select(step => step.Id!).ToList() is { Count: > 0 } ready)
            done.UnionWith(ready);
        return done.Count == steps.Count
            ? null
            : Problem.Invalid($"{at}.steps", $"{string.Join(", ", steps.Where(step => !done.Contains(step.Id!)).Select(step => $"'{step.Id}'"))} wait for one another.");
    }

    // The same question put twice is a planner that goes round in circles.
    private static Problem? RepetitionRefusal(IReadOnlyList<PlanStep> steps, string at) =>
        steps.GroupBy(step => (Normal(step.Task!), step.Agent, string.Join(' ', (step.After ?? []).Order(StringComparer.Ordinal)))).FirstOrDefault(same => same.Count() > 1) is { } same
            ? Problem.Invalid($"{at}.steps", $"'{same.First().Id}' and '{same.ElementAt(1).Id}' ask for the same.")
            : null;

    private static string Normal(string text) => string.Join(' ', text.ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    [GeneratedRegex("^[a-z0-9_-]{1,40}$")]
    private static partial Regex IdForm();
}
