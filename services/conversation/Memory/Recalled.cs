using System.Text.RegularExpressions;
using Agents.Conversation.Sessions;

namespace Agents.Conversation.Memory;

/// <summary>A sentence or two that were said earlier.</summary>
/// <param name="ByUser">Said by the user; otherwise by the assistant.</param>
internal sealed record Recalled(string Turn, bool ByUser, string Text);

/// <summary>Cuts what was said into pieces that stand for themselves, so that a prompt repeats what it needs and not whole answers.</summary>
internal static partial class Pieces
{
    /// <summary>Characters of a piece.</summary>
    public const int MaxLength = 200;

    // A piece that is shorter than this takes the next sentence along.
    private const int Short = 40;

    // What is said beyond it is in the turn's record, but not found again.
    private const int MaxPerSide = 12;

    public static IReadOnlyList<Recalled> Of(string turn, Exchange exchange) =>
    [
        .. Cut(exchange.Input).Select(text => new Recalled(turn, ByUser: true, text)),
        .. Cut(exchange.Output).Select(text => new Recalled(turn, ByUser: false, text)),
    ];

    /// <summary>
    /// The pieces that are found by their meaning too, by their places: what the user states (a question is no evidence for anything) and how
    /// the answer begins. The rest of an answer is long, and words find it.
    /// </summary>
    public static IReadOnlyList<int> Meant(IReadOnlyList<Recalled> pieces)
    {
        var firstAnswer = pieces.Index().FirstOrDefault(piece => !piece.Item.ByUser, (-1, null!)).Index;
        return [.. pieces.Index().Where(piece => piece.Item.ByUser ? !piece.Item.Text.EndsWith('?') : piece.Index == firstAnswer).Select(piece => piece.Index)];
    }

    public static IEnumerable<string> Sentences(string text) =>
        Ends().Split(PromptComposer.OneLine(text)).Select(sentence => sentence.Trim()).Where(sentence => sentence.Length > 0);

    private static IEnumerable<string> Cut(string text)
    {
        // Enough for all pieces that are kept: an answer may be very long.
        const int Enough = 2 * MaxPerSide * MaxLength;
        var pieces = new List<string>();
        var piece = "";
        foreach (var sentence in Sentences(text.Length > Enough ? text[..Enough] : text).SelectMany(Break))
        {
            if (piece.Length > 0 && (piece.Length >= Short || piece.Length + sentence.Length >= MaxLength))
            {
                pieces.Add(piece);
                piece = "";
            }
            piece = piece.Length == 0 ? sentence : $"{piece} {sentence}";
        }
        if (piece.Length > 0)
            pieces.Add(piece);
        return pieces.Take(MaxPerSide);
    }

    private static IEnumerable<string> Break(string sentence)
    {
        while (sentence.Length > MaxLength)
        {
            var at = sentence.LastIndexOf(' ', MaxLength - 1, MaxLength / 2);
            at = at < 0 ? MaxLength - (char.IsHighSurrogate(sentence[MaxLength - 1]) ? 1 : 0) : at;
            yield return sentence[..at];
            sentence = sentence[at..].TrimStart();
        }
        if (sentence.Length > 0)
            yield return sentence;
    }

    [GeneratedRegex(@"(?<=[.!?…])\s+|\s*¶\s*")]
    private static partial Regex Ends();
}
