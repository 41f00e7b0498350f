using System.Text.Json.Nodes;

namespace Agents.Testing.Plans;

/// <summary>Ways in which a worker goes wrong.</summary>
public enum WorkerFault
{
    None,

    /// <summary>The answer breaks off.</summary>
    Truncated,

    /// <summary>A number is a word, or a field is missing.</summary>
    WrongShape,

    /// <summary>A value that cannot be.</summary>
    OutOfRange,

    /// <summary>Two values that contradict one another.</summary>
    Contradiction,

    /// <summary>Talk where data was asked for.</summary>
    Chatter,

    /// <summary>Nothing but blanks.</summary>
    Empty,

    /// <summary>The worker will not do it.</summary>
    Refusal,

    /// <summary>The answer to another step's question.</summary>
    Mixup,

    /// <summary>One digit of a number is wrong.</summary>
    WrongNumber,

    /// <summary>A sentence that nothing bears out.</summary>
    Invention,

    /// <summary>A source that there is not.</summary>
    InventedSource,

    /// <summary>Orders to whoever reads the answer.</summary>
    Orders,

    /// <summary>The facts are turned into their opposite, word for word like the truth.</summary>
    Negation,

    /// <summary>The model endpoint fails or cuts the connection, and then works.</summary>
    Outage,
}

/// <summary>A step with what a good worker answers and what a bad one does.</summary>
/// <param name="Id">In its plan.</param>
/// <param name="Request">The step as a plan has it.</param>
/// <param name="Good">Good answers, all different in form.</param>
/// <param name="Faulty">What is planted before them; null for none.</param>
/// <param name="Stubborn">The worker never does any better.</param>
public sealed record FaultyStep(string Id, JsonObject Request, IReadOnlyList<string> Good, WorkerFault Fault, string? Faulty, bool Stubborn);

/// <summary>A task in steps, one of which may have a bad worker.</summary>
/// <param name="Number">Which one of its run: all its words say so.</param>
public sealed record FaultyTask(int Number, IReadOnlyList<FaultyStep> Steps)
{
    /// <summary>The plan as a job takes it.</summary>
    public JsonObject Plan => new() { ["steps"] = new JsonArray([.. Steps.Select(step => step.Request.DeepClone())]) };
}
