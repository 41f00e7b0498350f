using Agents.Conversation.Guardrails.Egress;
using Agents.Conversation.Guardrails.Injection;
using Agents.Conversation.Guardrails.Personal;
using Agents.Conversation.Guardrails.Spans;

namespace Agents.Conversation.Guardrails;

/// <summary>One agent's guardrails in one place, ready to be used by many turns.</summary>
internal sealed class Guard
{
    private readonly GuardrailRules _rules;
    private readonly IReadOnlyList<Watch> _watches;

    public Guard(GuardrailPolicy policy, GuardrailPlace place)
    {
        Place = place;
        _rules = (place switch
        {
            GuardrailPlace.Input => policy.Input,
            GuardrailPlace.Output => policy.Output,
            GuardrailPlace.Passages => policy.Passages,
            _ => null,
        }) ?? new GuardrailRules();
        // What blocks or masks is asked before what only flags: a flag leaves the text to the others.
        _watches = [.. Watches(policy, place, _rules).OrderBy(watch => watch.Action == GuardrailAction.Flag)];
    }

    public GuardrailPlace Place { get; }

    /// <summary>The most characters that may pass; null for no limit.</summary>
    public int? MaxCharacters => _rules.MaxCharacters;

    public GuardrailAction OnLength => _rules.Length ?? GuardrailAction.Block;

    /// <summary>A stream of its own for one text.</summary>
    public SpanStream Open(Action<Watch, string> found) => new(_watches, found);

    /// <summary>A whole text: what is left of it, and what was found. What blocks is masked too, for whoever keeps the text.</summary>
    public (string Text, IReadOnlyList<GuardrailHit> Hits) Check(string text)
    {
        var hits = new HitList();
        if (_rules.MaxCharacters is { } most && text.Length > most)
        {
            hits.Add(GuardrailRule.Length, OnLength, "length");
            text = OnLength == GuardrailAction.Flag ? text : text[..most];
        }
        if (_rules.Injection is { } action && InjectionDetector.Judge(text) is { IsInjection: true } injection)
        {
            foreach (var kind in injection.Kinds)
                hits.Add(GuardrailRule.Injection, action, kind);
            text = action == GuardrailAction.Mask ? Without(text, injection.Spans) : text;
        }
        var left = _watches.Count == 0 ? text : Open((watch, kind) => hits.Add(watch.Rule, watch.Action, kind)).Whole(text);
        return (left, hits.All);
    }

    private static IEnumerable<Watch> Watches(GuardrailPolicy policy, GuardrailPlace place, GuardrailRules rules)
    {
        // What leaves is never merely flagged.
        var secrets = place switch
        {
            GuardrailPlace.Tool => GuardrailAction.Block,
            GuardrailPlace.Output when rules.Secrets is null or GuardrailAction.Flag => GuardrailAction.Mask,
            _ => rules.Secrets,
        };
        if (secrets is { } onSecret)
        {
            if (policy.Protected is { Count: > 0 } texts)
                yield return new Watch(GuardrailRule.Secrets, onSecret, new PhraseDetector(texts.SelectMany(ProtectedText.Forms)));
            yield return new Watch(GuardrailRule.Secrets, onSecret, new SecretDetector());
        }
        if (rules.Topics is { } onTopic && policy.Topics is { Count: > 0 } topics)
        {
            yield return new Watch(GuardrailRule.Topics, onTopic, new PhraseDetector(
                topics.SelectMany(topic => topic.Phrases.Select(phrase => PhraseDetector.Phrase.Of(phrase, topic.Name, wholeWords: true)))));
        }
        if (place == GuardrailPlace.Output)
        {
            yield return new Watch(
                GuardrailRule.Links, GuardrailAction.Mask, policy.AllowedHosts is { } hosts ? new LinkDetector(hosts) : new ImageDetector());
        }
        if (rules.Pii is { } onPersonal)
        {
            foreach (var detector in PersonalKinds.Detectors(policy.PiiTypes))
                yield return new Watch(GuardrailRule.Pii, onPersonal, detector);
        }
    }

    private static string Without(string text, IReadOnlyList<Range> spans)
    {
        foreach (var span in spans.OrderByDescending(span => span.Start.Value))
        {
            if (span.End.Value <= text.Length)
                text = $"{text[..span.Start]}[removed]{text[span.End..]}";
        }
        return text;
    }
}

/// <summary>Findings of one text, one for each rule.</summary>
internal sealed class HitList
{
    private readonly Dictionary<GuardrailRule, GuardrailHit> _hits = [];

    public IReadOnlyList<GuardrailHit> All => [.. _hits.Values];

    /// <returns>Whether the rule speaks for the first time.</returns>
    public bool Add(GuardrailRule rule, GuardrailAction action, string kind)
    {
        var first = !_hits.TryGetValue(rule, out var hit);
        if (first || !hit!.Kinds.Contains(kind))
            _hits[rule] = new GuardrailHit(rule, action, [.. hit?.Kinds ?? [], kind]);
        return first;
    }
}
