using System.Text;

namespace Agents.Conversation.Guardrails.Spans;

/// <summary>A detector, and what is done about what it finds.</summary>
internal sealed record Watch(GuardrailRule Rule, GuardrailAction Action, IDetector Detector);

/// <summary>
/// Masks a text as it comes. A character is let go as soon as every detector knows that nothing begins there, so ordinary words are held
/// for no more than a word; nothing is ever held longer than <see cref="HoldBack"/>. What comes out is what the whole text at once would
/// give, however it was cut.
/// </summary>
/// <param name="watches">The first that finds something at a place decides.</param>
/// <param name="found">Told of each finding. What is blocked comes out masked: to end the turn is the listener's.</param>
internal sealed class SpanStream(IReadOnlyList<Watch> watches, Action<Watch, string> found)
{
    /// <summary>The most characters that are held back.</summary>
    public const int HoldBack = 512;

    /// <summary>How many characters a detector sees of what came before.</summary>
    public const int LookBehind = 64;

    private readonly int[] _flaggedUntil = new int[watches.Count];
    private char[] _text = new char[1_024];
    private int _length;
    private int _at;
    private Func<char, bool>? _rest;

    /// <summary>How many characters are held back now.</summary>
    public int Held => _length - _at;

    /// <summary>What may go out now that this has come.</summary>
    public string Next(string piece)
    {
        Add(piece);
        return Run(end: false);
    }

    /// <summary>What is left, once nothing more comes. The stream is then as new.</summary>
    public string End()
    {
        var last = Run(end: true);
        (_length, _at, _rest) = (0, 0, null);
        Array.Clear(_flaggedUntil);
        return last;
    }

    /// <summary>A whole text.</summary>
    public string Whole(string text)
    {
        Add(text);
        return End();
    }

    private string Run(bool end)
    {
        var output = new StringBuilder();
        while (_at < _length)
        {
            if (_rest is { } rest)
            {
                if (rest(_text[_at]))
                    _at++;
                else
                    _rest = null;
                continue;
            }
            if (!end && _at == _length - 1 && char.IsHighSurrogate(_text[_at]))
                break;
            if (Judge(end) is not { } verdict)
                break;
            if (verdict.Length == 0)
            {
                output.Append(_text[_at++]);
                continue;
            }
            output.Append(verdict.Mask);
            _at += verdict.Length;
            _rest = verdict.Rest;
        }
        return output.ToString();
    }

    /// <summary>What is to be masked here, if anything; null when that is not yet known.</summary>
    private Verdict? Judge(bool end)
    {
        var before = _text.AsSpan(Math.Max(0, _at - LookBehind), Math.Min(_at, LookBehind));
        var here = _text.AsSpan(_at, Math.Min(_length - _at, HoldBack));
        var all = end || here.Length == HoldBack;
        for (var i = 0; i < watches.Count; i++)
        {
            var verdict = watches[i].Detector.Judge(before, here, all);
            if (verdict.Undecided)
                return all ? throw new InvalidOperationException($"{watches[i].Detector.GetType().Name} wants more than there is.") : null;
            if (verdict.Length == 0)
                continue;
            if (watches[i].Action != GuardrailAction.Flag)
            {
                found(watches[i], verdict.Kind);
                return verdict;
            }
            if (_at >= _flaggedUntil[i])
            {
                _flaggedUntil[i] = _at + verdict.Length;
                found(watches[i], verdict.Kind);
            }
        }
        return Verdict.None;
    }

    private void Add(string piece)
    {
        // Only what is still looked at is kept.
        if (_at > LookBehind && _length + piece.Length > _text.Length)
        {
            var cut = _at - LookBehind;
            Array.Copy(_text, cut, _text, 0, _length - cut);
            (_at, _length) = (_at - cut, _length - cut);
            for (var i = 0; i < _flaggedUntil.Length; i++)
                _flaggedUntil[i] -= cut;
        }
        if (_length + piece.Length > _text.Length)
            Array.Resize(ref _text, Math.Max(_text.Length * 2, _length + piece.Length));
        piece.CopyTo(0, _text, _length, piece.Length);
        _length += piece.Length;
    }
}
