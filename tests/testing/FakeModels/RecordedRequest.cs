using System.Text.Json.Nodes;

namespace Agents.Testing.FakeModels;

/// <summary>A request as it reached the model endpoint.</summary>
public sealed record RecordedRequest(JsonObject Body, IReadOnlyDictionary<string, string> Headers, Task Aborted, string Path)
{
    /// <summary>Completes when the caller goes away before the reply has ended; never otherwise.</summary>
    public Task Aborted { get; } = Aborted;

    /// <summary>Whether the caller asked for a stream.</summary>
    public bool Stream => Body["stream"]?.GetValue<bool>() ?? false;

    internal bool IncludeUsage => Body["stream_options"]?["include_usage"]?.GetValue<bool>() ?? false;

    internal string Model => Body["model"]?.GetValue<string>() ?? "";

    /// <summary>Text of the last message of the user.</summary>
    internal string Question => Body["messages"]!.AsArray().Last(message => message!["role"]!.GetValue<string>() == "user")!["content"]!.GetValue<string>();
}
