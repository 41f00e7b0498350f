using Agents.Conversation.Guardrails.Spans;

namespace Agents.Conversation.Guardrails;

/// <summary>Guards one answer while it streams: what it gives out may be shown, and nothing else is.</summary>
internal sealed class AnswerGuard
{
    private readonly Guard _guard;
    private readonly Action<GuardrailHit> _report;
    private readonly HitList _hits = new();
    private readonly SpanStream _stream;
    private int _shown;

    /// <param name="report">Told of each rule once.</param>
    public AnswerGuard(Guard guard, Action<GuardrailHit> report)
    {
        (_guard, _report) = (guard, report);
        _stream = guard.Open((watch, kind) => Found(watch.Rule, watch.Action, kind));
    }

    /// <exception cref="GuardrailBlockedException">A rule ends the turn. What was given out before stays.</exception>
    public string Next(string piece) => Measured(_stream.Next(piece));

    /// <summary>What was held back, at the end.</summary>
    /// <exception cref="GuardrailBlockedException"/>
    public string End() => Measured(_stream.End());

    private string Measured(string text)
    {
        var over = _guard.MaxCharacters is { } most ? Math.Max(0, _shown + text.Length - most) : 0;
        _shown += text.Length;
        if (over == 0)
            return text;
        Found(GuardrailRule.Length, _guard.OnLength, "length");
        return _guard.OnLength == GuardrailAction.Mask ? text[..Math.Max(0, text.Length - over)] : text;
    }

    private void Found(GuardrailRule rule, GuardrailAction action, string kind)
    {
        if (_hits.Add(rule, action, kind))
            _report(new GuardrailHit(rule, action, [kind]));
        if (action == GuardrailAction.Block)
            throw new GuardrailBlockedException(_guard.Place, new GuardrailHit(rule, action, [kind]));
    }
}
