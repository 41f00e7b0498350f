using System.Text.Json;

namespace Agents.LocalRuntime.Json;

/// <summary>What to tell a caller whose JSON cannot be read: the place, never the text.</summary>
internal static class JsonProblem
{
    public static string Describe(JsonException error) => error.BytePositionInLine is { } position
        ? $"invalid character or unexpected end at line {error.LineNumber + 1}, byte {position + 1}"
        : error.Message;
}
