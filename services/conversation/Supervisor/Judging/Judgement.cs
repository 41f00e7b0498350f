using System.Text.Json;

namespace Agents.Conversation.Supervisor.Judging;

/// <summary>What the strong model thinks of an answer.</summary>
internal sealed record Judgement(bool Accepted, string Reason)
{
    private const int MaxReason = 1_000;

    /// <summary>Null when there is no judgement in what it said.</summary>
    public static Judgement? Read(string text)
    {
        var (from, to) = (text.IndexOf('{', StringComparison.Ordinal), text.LastIndexOf('}'));
        using var json = from >= 0 && to > from ? AnswerJson.Parse(text[from..(to + 1)]) : null;
        if (json is not { RootElement: { ValueKind: JsonValueKind.Object } judged } || !judged.TryGetProperty("accepted", out var accepted)
            || accepted.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            return null;
        }
        var reason = judged.TryGetProperty("reason", out var given) && given.ValueKind == JsonValueKind.String ? given.GetString()! : "";
        return new Judgement(accepted.GetBoolean(), reason.Length <= MaxReason ? reason : reason[..MaxReason]);
    }
}
