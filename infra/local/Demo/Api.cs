using System.Text.Json;
using System.Text.Json.Serialization;

namespace Agents.Local.Demo;

/// <summary>How far the documents of a collection are.</summary>
internal sealed record DocumentCounts(int Queued, int Indexing, int Ready, int Failed)
{
    public int Pending => Queued + Indexing;
}

internal sealed record Collection(string Id, string Name, DocumentCounts Documents);

internal sealed record StoredDocument(string Id, string? Title, string Status, string? Error);

internal sealed record Agent(string Id, string Name);

internal sealed record Listing<T>(IReadOnlyList<T> Data, string? LastId, bool HasMore);

internal sealed record Usage(long PromptTokens, long CompletionTokens, long CostMicros);

internal sealed record TurnError(string Code, string Message);

/// <summary>The data of any event of a turn; each kind of event fills its own part.</summary>
internal sealed record TurnEvent
{
    public string? Text { get; init; }

    public int Index { get; init; }

    public string? Title { get; init; }

    public int Passage { get; init; }

    public Usage? Usage { get; init; }

    public double? TtftMs { get; init; }

    public string? TraceId { get; init; }

    public bool WithoutSources { get; init; }

    public TurnError? Error { get; init; }
}

/// <summary>The JSON of the public API.</summary>
internal static class ApiJson
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowReadingFromString,
    };
}
