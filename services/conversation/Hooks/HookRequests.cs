using System.Text.Json;

namespace Agents.Conversation.Hooks;

// What the service asks of its role conversation-hooks; both are of one build.

/// <summary>A request to be sent.</summary>
/// <param name="Body">JSON; null for none.</param>
/// <param name="Key">Sent as <c>Idempotency-Key</c>.</param>
internal sealed record SendHttp(
    string Url, string Method, IReadOnlyDictionary<string, string> Headers, string? Body, string Key, int TimeoutSeconds);

/// <summary>What came of it.</summary>
/// <param name="Status">0 when nobody answered; <paramref name="Text"/> then says why.</param>
/// <param name="Text">The beginning of the body, as text.</param>
/// <param name="RetryAfter">When the host wants to be asked again, if it says so.</param>
internal sealed record HttpSent(int Status, string Text, TimeSpan? RetryAfter = null);

/// <summary>A server that speaks the Model Context Protocol over streamable HTTP.</summary>
internal sealed record McpServer(string Url, IReadOnlyDictionary<string, string> Headers, int TimeoutSeconds);

/// <summary>Asks for the tools of a server.</summary>
/// <param name="Names">Only these are wanted.</param>
internal sealed record ListMcp(McpServer Server, IReadOnlyList<string> Names);

/// <summary>A tool as its server describes it.</summary>
/// <param name="Schema">JSON Schema of the arguments; null when it is too large to be shown to a model.</param>
internal sealed record McpToolInfo(string Name, string Description, JsonElement? Schema);

/// <summary>Tools of a server; null when it could not be asked.</summary>
internal sealed record McpListed(IReadOnlyList<McpToolInfo>? Tools);

/// <summary>Calls a tool of a server.</summary>
/// <param name="Key">Sent as <c>Idempotency-Key</c>.</param>
internal sealed record CallMcp(McpServer Server, string Tool, JsonElement Arguments, string Key);

/// <summary>What the tool gave back, or why it did not.</summary>
internal sealed record McpCalled(string Text, bool Failed);
