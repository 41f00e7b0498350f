namespace Agents.Contracts;

/// <summary>
/// Analytics reads turns for a dataset: <c>POST /internal/examples</c>, tenant by header. Only those are given whose session still exists
/// and consents, by its metadata <c>consent</c> = <c>training</c>; personal data and secrets are masked.
/// </summary>
/// <param name="Turns">At most 100.</param>
public sealed record ReadExamples(IReadOnlyList<TurnPlace> Turns);

/// <summary>Where a turn is.</summary>
public sealed record TurnPlace(string Session, string Turn);

/// <summary>The turns that may be had, in the order in which they were asked for.</summary>
public sealed record Examples(IReadOnlyList<Example> Data);

/// <summary>A question and its answer, masked.</summary>
/// <param name="Instructions">Of the version of the agent that answered.</param>
public sealed record Example(string Turn, string Agent, int AgentVersion, string Instructions, string Question, string Answer);
