namespace Agents.Conversation.Hooks;

/// <summary>What the service asks of its role <c>conversation-hooks</c>; both are of one build.</summary>
/// <param name="Body">JSON; null for none.</param>
/// <param name="Key">Sent as <c>Idempotency-Key</c>.</param>
internal sealed record SendHttp(
    string Url, string Method, IReadOnlyDictionary<string, string> Headers, string? Body, string Key, int TimeoutSeconds);

/// <summary>What came of it.</summary>
/// <param name="Status">0 when nobody answered; <paramref name="Text"/> then says why.</param>
/// <param name="Text">The beginning of the body, as text.</param>
internal sealed record HttpSent(int Status, string Text);
