namespace Agents.Conversation.Guardrails.Spans;

/// <summary>Finds one sort of thing by judging each place of a text in turn.</summary>
internal interface IDetector
{
    /// <summary>
    /// Whether something begins at <paramref name="here"/>. A verdict other than <see cref="Verdict.More"/> holds whatever follows: this is
    /// what makes a stream's result that of the whole text.
    /// </summary>
    /// <param name="before">At most <see cref="SpanStream.LookBehind"/> characters before, as they came.</param>
    /// <param name="here">At most <see cref="SpanStream.HoldBack"/> characters from here on; never empty.</param>
    /// <param name="end">Whether no more will be shown: <see cref="Verdict.More"/> is then no answer.</param>
    Verdict Judge(ReadOnlySpan<char> before, ReadOnlySpan<char> here, bool end);
}

/// <summary>What a detector says about a place.</summary>
/// <param name="Undecided">It needs to see more.</param>
/// <param name="Length">Of what begins here; 0 for nothing.</param>
/// <param name="Kind">Of what was found.</param>
/// <param name="Mask">What stands in its place when it is masked.</param>
/// <param name="Rest">Whether a character behind it still belongs to it; asked once for each, until false.</param>
internal readonly record struct Verdict(bool Undecided, int Length, string Kind, string Mask, Func<char, bool>? Rest = null)
{
    public static Verdict None => default;

    public static Verdict More => new(true, 0, "", "");

    public static Verdict Found(int length, string kind) => new(false, length, kind, $"[{kind}]");
}
