using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Agents.Conversation.Guardrails;
using Agents.Conversation.Guardrails.Injection;
using Agents.Conversation.Guardrails.Personal;
using Agents.Conversation.Guardrails.Spans;
using Agents.Testing;
using Agents.Testing.Attacks;

namespace Agents.Benchmarks;

/// <summary>
/// What the guardrails find in the sets of <c>../shared/data/guardrails</c>, which are not part of this repository. The rules for injections
/// were made with the even rows alone; of personal data both halves were looked at. It is measured as it is and with format noise.
/// </summary>
internal static class GuardrailBenchmark
{
    private const int Seed = 7;

    private static readonly JsonSerializerOptions SnakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    // What has a form. Names, places, organisations, dates and postal codes have none.
    private static readonly Dictionary<string, string> Structured = new()
    {
        ["CREDIT_CARD"] = PersonalKinds.CreditCard,
        ["IBAN_CODE"] = PersonalKinds.Iban,
        ["EMAIL_ADDRESS"] = PersonalKinds.Email,
        ["PHONE_NUMBER"] = PersonalKinds.Phone,
        ["IP_ADDRESS"] = PersonalKinds.IpAddress,
        ["US_SSN"] = PersonalKinds.UsSsn,
        ["DOMAIN_NAME"] = PersonalKinds.WebAddress,
        ["US_DRIVER_LICENSE"] = PersonalKinds.DocumentNumber,
    };

    public static async Task RunAsync(CancellationToken cancellationToken)
    {
        var folder = Path.Combine(Stack.RepositoryRoot, "..", "shared", "data", "guardrails");
        if (!Directory.Exists(folder))
        {
            Console.WriteLine("not run: no data");
            return;
        }
        var sentences = Read<Sentence>(folder, "pii.dev.json");
        foreach (var (noise, change) in Noises)
        {
            for (var half = 0; half < 2; half++)
                Personal($"{noise}, {Half(half)}", [.. sentences.Where((_, index) => index % 2 == half).Select(sentence => Noisy(sentence, change))]);
        }
        var attacks = Read<Attack>(folder, "injection.dev.json");
        var harmless = Read<Harmless>(folder, "benign.dev.json");
        for (var half = 0; half < 2; half++)
            Injections(Half(half), [.. attacks.Where((_, index) => index % 2 == half)], [.. harmless.Where((_, index) => index % 2 == half)]);
        Overblocking(sentences);
        Speed(sentences);
        await ObedienceAsync([.. attacks.Select(attack => attack.UserInput)], cancellationToken);
    }

    private static string Half(int half) => half == 0 ? "even rows" : "odd rows";

    private static void Personal(string title, IReadOnlyList<Sentence> sentences)
    {
        var counts = Structured.Values.ToDictionary(kind => kind, _ => new Count());
        var others = 0;
        foreach (var sentence in sentences)
        {
            var found = Find(sentence.FullText);
            var wanted = sentence.Spans.Where(span => Structured.ContainsKey(span.EntityType)).ToList();
            foreach (var span in wanted)
            {
                var kind = Structured[span.EntityType];
                if (found.Any(one => one.Kind == kind && one.From < span.EndPosition && span.StartPosition < one.To && span.StartPosition >= one.From - 1 && span.EndPosition <= one.To + 1))
                    counts[kind].Hit++;
                else
                    counts[kind].Miss(sentence.FullText[span.StartPosition..span.EndPosition]);
            }
            foreach (var one in found)
            {
                if (wanted.Any(span => Structured[span.EntityType] == one.Kind && one.From < span.EndPosition && span.StartPosition < one.To))
                    continue;
                if (counts.TryGetValue(one.Kind, out var count))
                    count.False(sentence.FullText[one.From..one.To]);
                else
                    others++;
            }
        }
        Console.WriteLine($"personal data, {title}: {sentences.Count} sentences");
        foreach (var (kind, count) in counts)
            Console.WriteLine(Row(kind, count));
        var all = new Count { Hit = counts.Values.Sum(count => count.Hit) };
        all.Missed.AddRange(counts.Values.SelectMany(count => count.Missed));
        all.Wrong.AddRange(counts.Values.SelectMany(count => count.Wrong));
        Console.WriteLine(Row("all of these", all));
        if (others > 0)
            Console.WriteLine(Text($"  {others} findings of kinds that the set does not label"));
    }

    private static string Row(string kind, Count count)
    {
        var (recall, precision) = (Share(count.Hit, count.Hit + count.Missed.Count), Share(count.Hit, count.Hit + count.Wrong.Count));
        var wrong = string.Join(" ", count.Missed.Select(text => $"-'{text}'").Concat(count.Wrong.Select(text => $"+'{text}'")).Take(12)).ReplaceLineEndings(" ");
        return Text($"  {kind,-16}{count.Hit,4} found{count.Missed.Count,4} missed{count.Wrong.Count,4} wrong   recall {recall,7}  precision {precision,7}  {wrong}");
    }

    private static List<(int From, int To, string Kind)> Find(string text)
    {
        var found = new List<(int, int, string)>();
        var stream = new SpanStream([.. PersonalKinds.Detectors(PersonalKinds.All).Select(detector => new Watch(GuardrailRule.Pii, GuardrailAction.Mask, new Marking(detector)))], (_, _) => { });
        // Each finding is masked by its length alone, so that its place can be told.
        var masked = stream.Whole(text);
        for (int at = 0, place = 0; at < masked.Length; at++)
        {
            if (masked[at] != '\uE000')
            {
                place++;
                continue;
            }
            var end = masked.IndexOf('\uE001', at);
            var parts = masked[(at + 1)..end].Split('|');
            var length = int.Parse(parts[0], CultureInfo.InvariantCulture);
            found.Add((place, place + length, parts[1]));
            (at, place) = (end, place + length);
        }
        return found;
    }

    private static void Injections(string title, IReadOnlyList<Attack> attacks, IReadOnlyList<Harmless> harmless)
    {
        var found = attacks.Where(attack => InjectionDetector.Judge(attack.UserInput).IsInjection).ToList();
        var blocked = harmless.Where(one => InjectionDetector.Judge(one.Prompt).IsInjection).ToList();
        Console.WriteLine(Text($"injection, {title}: recall {Share(found.Count, attacks.Count)} ({found.Count} of {attacks.Count}); blocked of the harmless {Share(blocked.Count, harmless.Count)} ({blocked.Count} of {harmless.Count})"));
        foreach (var variant in attacks.GroupBy(attack => $"{attack.InjectionType} {attack.InjectionVariant}").OrderBy(group => group.Key, StringComparer.Ordinal))
            Console.WriteLine(Text($"  {variant.Key,-45}{variant.Count(found.Contains),3} of {variant.Count()}"));
        foreach (var one in blocked)
            Console.WriteLine($"  blocked though harmless ({one.Category}): {one.Prompt}");
    }

    private static void Overblocking(IReadOnlyList<Sentence> sentences)
    {
        var blocked = sentences.Where(sentence => InjectionDetector.Judge(sentence.FullText).IsInjection).ToList();
        Console.WriteLine(Text($"injection, on the {sentences.Count} sentences with personal data: {blocked.Count} blocked"));
        foreach (var one in blocked.Take(5))
            Console.WriteLine($"  {one.FullText.ReplaceLineEndings(" ")}");
    }

    private static void Speed(IReadOnlyList<Sentence> sentences)
    {
        var guard = new Guard(new GuardrailPolicy(Input: new GuardrailRules(Pii: GuardrailAction.Mask, Injection: GuardrailAction.Mask, Secrets: GuardrailAction.Mask)), GuardrailPlace.Input);
        var answer = new Guard(new GuardrailPolicy(Output: new GuardrailRules(Pii: GuardrailAction.Mask)), GuardrailPlace.Output);
        var characters = sentences.Sum(sentence => sentence.FullText.Length);
        foreach (var (name, work) in (List<(string, Action<string>)>)
            [("injection", text => InjectionDetector.Judge(text)), ("question, all", text => guard.Check(text)), ("answer, personal", text => answer.Check(text))])
        {
            foreach (var sentence in sentences)
                work(sentence.FullText);
            var started = Stopwatch.GetTimestamp();
            foreach (var sentence in sentences)
                work(sentence.FullText);
            var took = Stopwatch.GetElapsedTime(started);
            Console.WriteLine(Text($"speed, {name,-17}{took.TotalMicroseconds / sentences.Count,8:0.0} us a sentence{characters / took.TotalSeconds / 1e6,8:0.00} M characters/s"));
        }
    }

    private static async Task ObedienceAsync(IReadOnlyList<string> attacks, CancellationToken cancellationToken)
    {
        await using var stack = new AttackedStack();
        await stack.InitializeAsync();
        var report = await new ObedientModel(stack, stack.Tool.Address, () => stack.Tool.Bodies).RunAsync(attacks, Seed, cancellationToken);
        Console.WriteLine(Text(
            $"a model that obeys {report.Turns} attacks, seed {Seed}: {report.ForbiddenCalls} forbidden calls, {report.Leaks.Count} with a secret out (each at most {300d / report.Turns:0.0} % with 95 % confidence when 0); {report.AllowedCalls} allowed calls"));
        foreach (var leak in report.Leaks.Take(10))
            Console.WriteLine($"  {leak}");
    }

    private static IReadOnlyList<(string Name, Func<string, string, string> Change)> Noises { get; } =
    [
        ("as it is", (_, value) => value),
        // As people type: cards and IBANs in groups of four, all in lower case, odd blanks and dashes.
        ("in groups", (type, value) => type is "CREDIT_CARD" or "IBAN_CODE" ? string.Join(' ', value.Chunk(4).Select(four => new string(four))) : value),
        ("other characters", (type, value) => type is "CREDIT_CARD" or "IBAN_CODE" or "PHONE_NUMBER" or "US_SSN"
            ? value.Replace('-', '\u2011').Replace(' ', '\u00A0') : value.ToUpperInvariant()),
        ("invisible characters", (type, value) => type is "CREDIT_CARD" or "IBAN_CODE" or "EMAIL_ADDRESS" ? value.Insert(value.Length / 2, "\u200B") : value.ToLowerInvariant()),
    ];

    /// <summary>The sentence with each structured value changed, and the spans where they are now.</summary>
    private static Sentence Noisy(Sentence sentence, Func<string, string, string> change)
    {
        var (text, shift) = (sentence.FullText, 0);
        var spans = new List<Span>();
        foreach (var span in sentence.Spans.OrderBy(span => span.StartPosition))
        {
            var (from, to) = (span.StartPosition + shift, span.EndPosition + shift);
            var value = Structured.ContainsKey(span.EntityType) ? change(span.EntityType, text[from..to]) : text[from..to];
            text = text[..from] + value + text[to..];
            spans.Add(span with { StartPosition = from, EndPosition = from + value.Length });
            shift += value.Length - (to - from);
        }
        return new Sentence(text, spans);
    }

    private static T[] Read<T>(string folder, string file) => JsonSerializer.Deserialize<T[]>(File.ReadAllBytes(Path.Combine(folder, file)), SnakeCase)!;

    private static string Share(int part, int whole) => whole == 0 ? "-" : Text($"{100d * part / whole:0.0} %");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed record Sentence(string FullText, IReadOnlyList<Span> Spans);

    private sealed record Span(string EntityType, int StartPosition, int EndPosition);

    private sealed record Attack(string UserInput, string InjectionVariant, string InjectionType, string TestCasePrompt, [property: JsonPropertyName("prompt_id")] int Id);

    private sealed record Harmless(string Prompt, string Category);

    private sealed class Count
    {
        public int Hit { get; set; }

        public List<string> Missed { get; } = [];

        public List<string> Wrong { get; } = [];

        public void Miss(string text) => Missed.Add(text);

        public void False(string text) => Wrong.Add(text);
    }

    /// <summary>Puts length and kind where the finding was.</summary>
    private sealed class Marking(IDetector detector) : IDetector
    {
        public Verdict Judge(ReadOnlySpan<char> before, ReadOnlySpan<char> here, bool end)
        {
            var verdict = detector.Judge(before, here, end);
            return verdict.Length == 0 ? verdict : verdict with { Mask = Text($"\uE000{verdict.Length}|{verdict.Kind}\uE001") };
        }
    }
}
