using Agents.Conversation.Guardrails.Personal;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;

namespace Agents.Conversation.Guardrails;

/// <summary>
/// What an agent's guardrails watch, and what they do about it. Without a policy two things hold all the same: keys and tokens of well-known
/// forms never leave in an answer, and a Markdown image in an answer becomes a plain link, so that nothing is fetched unasked.
/// </summary>
/// <param name="Input">What is asked.</param>
/// <param name="Passages">What documents and tools give back; <c>block</c> leaves a passage out, and makes a tool's result a failure.</param>
/// <param name="Output">What is answered, while it streams.</param>
/// <param name="PiiTypes">Kinds of personal data; absent: all but <c>web_address</c>.</param>
/// <param name="Topics">At most 16 topics.</param>
/// <param name="Protected">
/// At most 32 texts of 3 to 64 characters that never leave, in an answer or in a tool's arguments: as they are, spaced out, backwards, in
/// ROT13, base64, hexadecimal or character codes.
/// </param>
/// <param name="AllowedHosts">At most 64 hosts; when given, links and images of an answer lead to these and their subdomains alone.</param>
public sealed record GuardrailPolicy(
    GuardrailRules? Input = null, GuardrailRules? Passages = null, GuardrailRules? Output = null, IReadOnlyList<string>? PiiTypes = null,
    IReadOnlyList<GuardrailTopic>? Topics = null, IReadOnlyList<string>? Protected = null, IReadOnlyList<string>? AllowedHosts = null)
{
    internal Problem? Refusal() =>
        Input?.Refusal("guardrails.input") ?? Passages?.Refusal("guardrails.passages") ?? Output?.Refusal("guardrails.output")
        ?? Checks.Items("guardrails.pii_types", PiiTypes, PersonalKinds.All.Count, 40)
        ?? (PiiTypes?.FirstOrDefault(kind => !PersonalKinds.All.Contains(kind)) is null
            ? null
            : Problem.Invalid("guardrails.pii_types", $"guardrails.pii_types may hold {string.Join(", ", PersonalKinds.All)}."))
        ?? TopicsRefusal()
        ?? Checks.Items("guardrails.protected", Protected, 32, 64)
        ?? (Protected?.Any(text => text.Count(char.IsLetterOrDigit) < 3) == true
            ? Problem.Invalid("guardrails.protected", "guardrails.protected must hold texts with at least 3 letters or digits.")
            : null)
        ?? Checks.Items("guardrails.allowed_hosts", AllowedHosts, 64, 253)
        ?? (AllowedHosts?.Any(host => Uri.CheckHostName(host) != UriHostNameType.Dns) == true
            ? Problem.Invalid("guardrails.allowed_hosts", "guardrails.allowed_hosts must hold host names such as example.com.")
            : null);

    private Problem? TopicsRefusal()
    {
        if (Topics is null)
            return null;
        if (Topics.Count > 16 || Topics.Any(topic => topic is null))
            return Problem.Invalid("guardrails.topics", "guardrails.topics must be at most 16 topics.");
        return Topics.Select((topic, index) =>
                Checks.Text($"guardrails.topics[{index}].name", topic.Name, 40)
                ?? (topic.Phrases is { Count: > 0 } phrases && phrases.All(phrase => phrase?.Count(char.IsLetterOrDigit) >= 3)
                    ? Checks.Items($"guardrails.topics[{index}].phrases", phrases, 64, 64)
                    : Problem.Invalid($"guardrails.topics[{index}].phrases", $"guardrails.topics[{index}].phrases must hold phrases with at least 3 letters or digits.")))
            .FirstOrDefault(refusal => refusal is not null);
    }
}

/// <summary>What is watched in one place; absent: not watched.</summary>
/// <param name="Injection">Input and passages: text that gives the model orders of its own. A hint, never the only line of defence.</param>
/// <param name="Secrets">Keys and tokens of well-known forms, and the policy's protected texts. In an answer: at least <c>mask</c>.</param>
/// <param name="MaxCharacters">1 to 200,000; what is longer is what <paramref name="Length"/> says (default <c>block</c>; <c>mask</c> cuts).</param>
public sealed record GuardrailRules(
    GuardrailAction? Pii = null, GuardrailAction? Injection = null, GuardrailAction? Topics = null, GuardrailAction? Secrets = null,
    int? MaxCharacters = null, GuardrailAction? Length = null)
{
    internal Problem? Refusal(string at) => MaxCharacters is < 1 or > 200_000
        ? Problem.Invalid($"{at}.max_characters", $"{at}.max_characters must be 1 to 200000.")
        : null;
}

/// <summary>Something that is not to be talked about.</summary>
/// <param name="Name">1 to 40 characters.</param>
/// <param name="Phrases">1 to 64 phrases that give it away, whole words, in any case.</param>
public sealed record GuardrailTopic(string Name, IReadOnlyList<string> Phrases);

/// <summary>What is done about a finding.</summary>
public enum GuardrailAction
{
    /// <summary>Counted and told by an event; the text stays.</summary>
    Flag,

    /// <summary>What was found is replaced, such as by <c>[email]</c>.</summary>
    Mask,

    /// <summary>The turn ends with <c>guardrail_blocked</c>.</summary>
    Block,
}

/// <summary>What was found; never the text itself.</summary>
/// <param name="Rule"><c>pii</c>, <c>injection</c>, <c>topics</c>, <c>secrets</c>, <c>links</c> or <c>length</c>.</param>
/// <param name="Kinds">Such as <c>email</c>, or a topic's name.</param>
public sealed record GuardrailHit(GuardrailRule Rule, GuardrailAction Action, IReadOnlyList<string> Kinds);

/// <inheritdoc cref="GuardrailHit"/>
public enum GuardrailRule
{
    Pii,
    Injection,
    Topics,
    Secrets,
    Links,
    Length,
}
