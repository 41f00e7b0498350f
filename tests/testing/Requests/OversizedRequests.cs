using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace Agents.Testing.Requests;

/// <summary>
/// Far too much of everything: bodies, texts, lists, depths, numbers of things, packed bombs. Each is refused within a second with a clear
/// 4xx, and the memory of the service that reads it stays bounded.
/// </summary>
public sealed class OversizedRequests(Stack stack, int seed)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    /// <summary>Resident megabytes that a process may gain over all trials.</summary>
    public const double MaxGrowth = 100;

    /// <param name="count">Trials; each kind is tried once at least, and then no time is taken.</param>
    public async Task<Trials> RunAsync(int count, CancellationToken cancellationToken)
    {
        var trials = new Trials("oversized requests");
        var random = new Random(seed);
        var user = await stack.NewTenantAsync(cancellationToken);
        var session = (await user.CreateAsync("/v1/sessions", new { }, cancellationToken)).Text("id");
        var cases = Cases(session, random).ToList();
        // Each once, so that what is measured is growth and not the first use.
        for (var n = 0; n < cases.Count; n++)
            await TryAsync(trials, user, cases[n], patient: true, cancellationToken);
        var before = Resident();
        for (var n = cases.Count; n < count; n++)
            await TryAsync(trials, user, cases[random.Next(cases.Count)], patient: false, cancellationToken);
        var growth = Resident() - before;
        trials.Note(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{cases.Count} kinds; conversation grew by {growth:0} MB from {before:0} MB resident"));
        trials.Expect(growth < MaxGrowth, () => $"memory grew by {growth:0} MB");
        return trials;
    }

    private static IEnumerable<(string What, string Path, byte[] Body, string? Encoding)> Cases(string session, Random random)
    {
        var turns = $"/v1/sessions/{session}/turns";
        var million = new string((char)random.Next('a', 'z'), 1_000_000);
        foreach (var path in (string[])["/v1/sessions", turns, "/v1/agents", "/v1/keys", "/v1/tenants", "/v1/escalations/x/replies", "/v1/agents/default/versions", "/v1/webhooks/secrets/x"])
        {
            yield return ("10 MB", path, Encoding.UTF8.GetBytes($"{{\"input\":\"{new string('x', 10 << 20)}\"}}"), null);
            yield return ("10,000 deep", path, Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", 10_000)) + "1" + new string('}', 10_000)), null);
            yield return ("10,000 deep in lists", path, Encoding.UTF8.GetBytes($"{{\"metadata\":{new string('[', 10_000)}{new string(']', 10_000)}}}"), null);
            yield return ("a packed bomb", path, Bomb(), "gzip");
        }
        yield return ("a question of a million characters", turns, Json(new { input = million[..900_000] }), null);
        yield return ("a question of 32,001 characters", turns, Json(new { input = million[..32_001] }), null);
        yield return ("a first question of a million characters", "/v1/sessions", Json(new { input = million[..900_000] }), null);
        yield return ("10,000 entries of metadata", "/v1/sessions", Json(new { metadata = Enumerable.Range(0, 10_000).ToDictionary(n => $"k{n}", _ => "v") }), null);
        yield return ("10,000 principals", "/v1/sessions", Json(new { principals = Enumerable.Range(0, 10_000).Select(n => $"p{n}") }), null);
        yield return ("a user of a million characters", "/v1/sessions", Json(new { user = million[..900_000] }), null);
        yield return ("1,000 tools", "/v1/agents", Agent("tools", Enumerable.Range(0, 1_000).Select(n => new { type = "http", name = $"t{n}", url = "https://example.com/" })), null);
        yield return ("a schema of 100,000 characters", "/v1/agents", Agent("tools", new[] { new { type = "event", name = "t", event_type = "x", parameters = new { description = million[..100_000] } } }), null);
        yield return ("1,000 allowed tools", "/v1/agents", Agent("tools", new[] { new { type = "mcp", name = "t", url = "https://example.com/", allow = Enumerable.Range(0, 1_000).Select(n => $"t{n}") } }), null);
        yield return ("1,000 headers", "/v1/agents", Agent("tools", new[] { new { type = "http", name = "t", url = "https://example.com/", headers = Enumerable.Range(0, 1_000).ToDictionary(n => $"h{n}", _ => "v") } }), null);
        yield return ("1,000 collections", "/v1/agents", Agent("collections", Enumerable.Range(0, 1_000).Select(n => $"coll_{n:x32}")), null);
        yield return ("1,000 topics", "/v1/agents", Agent("guardrails", new { topics = Enumerable.Range(0, 1_000).Select(n => new { name = $"t{n}", phrases = new[] { "x" } }) }), null);
        yield return ("10,000 protected texts", "/v1/agents", Agent("guardrails", new Dictionary<string, object> { ["protected"] = Enumerable.Range(0, 10_000).Select(n => $"secret {n}") }), null);
        yield return ("10,000 phrases", "/v1/agents", Agent("escalation", new { phrases = Enumerable.Range(0, 10_000).Select(n => $"phrase {n}") }), null);
        yield return ("instructions of a million characters", "/v1/agents", Json(new { name = "x", instructions = million[..900_000] }), null);
        yield return ("10,000 scopes", "/v1/keys", Json(new { name = "x", scopes = Enumerable.Repeat("wrong", 10_000) }), null);
        yield return ("a comment of a million characters", $"/v1/sessions/{session}/escalate", Json(new { comment = million[..900_000] }), null);
    }

    private static async Task TryAsync(Trials trials, ApiClient user, (string What, string Path, byte[] Body, string? Encoding) one, bool patient, CancellationToken cancellationToken)
    {
        trials.Begin();
        using var request = new HttpRequestMessage(HttpMethod.Post, one.Path) { Content = new ByteArrayContent(one.Body) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        if (one.Encoding is not null)
            request.Content.Headers.ContentEncoding.Add(one.Encoding);
        var started = Stopwatch.GetTimestamp();
        try
        {
            using var response = await user.Http.SendAsync(request, cancellationToken);
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            var (status, took) = ((int)response.StatusCode, Stopwatch.GetElapsedTime(started));
            trials.Expect(status is >= 400 and < 500 && RequestFuzz.Explains(text, openAi: false), () => $"{one.What} to {one.Path}: {status} {text[..Math.Min(text.Length, 200)]}");
            trials.Expect(patient || took < Soon, () => $"{one.What} to {one.Path}: refused only after {took.TotalMilliseconds:0} ms");
        }
        catch (HttpRequestException exception) when (exception.InnerException is IOException)
        {
            // A body that is refused before it has been read may break the connection: that, too, is a refusal.
            trials.Expect(one.Body.Length > 1 << 20, () => $"{one.What} to {one.Path}: {exception.Message}");
        }
    }

    private double Resident() => stack.Host.Services.Where(child => child.AppId == "conversation").Max(child =>
    {
        using var process = Process.GetProcessById(child.ProcessId!.Value);
        return process.WorkingSet64 / 1e6;
    });

    private static byte[] Agent(string member, object value)
    {
        var agent = JsonSerializer.SerializeToNode(new { name = "x", instructions = "y" })!.AsObject();
        agent[member] = JsonSerializer.SerializeToNode(value);
        return Encoding.UTF8.GetBytes(agent.ToJsonString());
    }

    private static byte[] Json(object value) => JsonSerializer.SerializeToUtf8Bytes(value);

    // 20 MB of blanks in some 20 KB.
    private static byte[] Bomb()
    {
        var packed = new MemoryStream();
        using (var zip = new GZipStream(packed, CompressionLevel.Fastest))
            zip.Write(Encoding.UTF8.GetBytes("{\"input\":\"" + new string(' ', 20 << 20) + "\"}"));
        return packed.ToArray();
    }
}
