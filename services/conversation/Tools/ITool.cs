using System.Text.Json;
using System.Text.Json.Nodes;
using Agents.Contracts;
using Agents.Conversation.Sessions;

namespace Agents.Conversation.Tools;

/// <summary>Something that a model may ask for.</summary>
internal interface ITool
{
    /// <summary>As the model names it.</summary>
    string Name { get; }

    string Description { get; }

    /// <summary>JSON Schema of the arguments.</summary>
    JsonNode Parameters { get; }

    /// <summary>Whether running it twice with the same effect id has one effect: only then is it run again when a replica died in the middle.</summary>
    bool Repeatable { get; }

    TimeSpan Limit { get; }

    /// <summary>Runs it. A failure is an answer that the model can read; exceptions are for what the tool cannot explain.</summary>
    Task<ToolResult> RunAsync(ToolContext context, JsonElement arguments, CancellationToken cancellationToken);
}

/// <summary>For whom a tool runs.</summary>
/// <param name="EffectId">The same whenever this call is tried again: idempotency key of its effect.</param>
/// <param name="FirstPassage">The number of the first passage that this call shows to the model, of at most <see cref="MaxPassages"/>.</param>
internal sealed record ToolContext(SessionRecord Session, string Turn, string EffectId, int FirstPassage)
{
    public const int MaxPassages = 4;
}

/// <summary>What a tool gives back.</summary>
/// <param name="Content">What the model reads.</param>
/// <param name="Passages">Passages that the content numbers, so that the answer can cite them.</param>
/// <param name="FirstNumber">Number of the first of them.</param>
internal sealed record ToolResult(string Content, bool Failed = false, IReadOnlyList<Passage>? Passages = null, int FirstNumber = 0)
{
    public static ToolResult Failure(string why) => new(why, Failed: true);
}
