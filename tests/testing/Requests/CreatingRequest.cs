using System.Net;
using System.Text.Json.Nodes;

namespace Agents.Testing.Requests;

/// <summary>A request that makes something, and how to tell afterwards how often it did.</summary>
/// <param name="Mark">Stands in what is made and nowhere else.</param>
/// <param name="Body">What is asked, with one thing that may differ from request to request.</param>
/// <param name="Secret">Its answer holds a secret and is not given again.</param>
/// <param name="EffectsAsync">How often it took effect; null when the lists tell, at the end.</param>
internal sealed record CreatingRequest(string Kind, string Mark, string Path, Func<int, object> Body, bool Secret, Func<Task<int>>? EffectsAsync)
{
    public static readonly string[] Kinds =
        ["session", "session with a turn", "turn", "streamed turn", "agent", "version", "key", "rotation", "tenant", "feedback", "escalation", "reply"];

    /// <param name="client">Where it is prepared: survives kills.</param>
    public static async Task<CreatingRequest> PrepareAsync(string kind, string mark, PatientClient client, string agent, CancellationToken cancellationToken)
    {
        var metadata = new Dictionary<string, string> { ["mark"] = mark };
        switch (kind)
        {
            case "session":
                return New("/v1/sessions", other => new { metadata, ttl_seconds = 3_600 + other });
            case "session with a turn":
                return New("/v1/sessions", other => new { metadata, agent, input = $"Question {other}?" });
            case "agent":
                return New("/v1/agents", other => new { name = mark, instructions = $"Answer {other}." });
            case "tenant":
                return New("/v1/tenants", other => new { name = other == 0 ? mark : $"{mark}+" });
            case "key":
                return New("/v1/keys", other => new { name = mark, scopes = new[] { other == 0 ? "sessions" : "jobs" } }) with { Secret = true };
            case "version":
                var versioned = (await client.CreateAsync("/v1/agents", new { name = "versioned", instructions = "Answer." }, cancellationToken)).Text("id");
                return New($"/v1/agents/{versioned}/versions", other => new { name = mark, instructions = $"Answer {other}.", live = true }) with
                {
                    EffectsAsync = async () => (await client.GetAsync($"/v1/agents/{versioned}/versions", cancellationToken)).List("data").Count - 1,
                };
            case "rotation":
                var key = await client.CreateSecretAsync("/v1/keys", new { name = "rotated", scopes = new[] { "sessions" } }, cancellationToken);
                return New($"/v1/keys/{key.Text("id")}/rotate", other => new { overlap_seconds = 600 + other }) with
                {
                    Secret = true,
                    // Once: the secret before it still works for the overlap. Twice, and it would not.
                    EffectsAsync = async () => await client.AcceptsAsync(key.Text("key"), cancellationToken) ? 1 : 2,
                };
        }
        var session = (await client.CreateAsync("/v1/sessions", new { agent }, cancellationToken)).Text("id");
        var turns = $"/v1/sessions/{session}/turns";
        async Task<int> TurnsAsync() => (await client.GetAsync(turns, cancellationToken)).List("data").Count;
        switch (kind)
        {
            case "turn" or "streamed turn":
                return New(turns, other => new { input = $"Question {other}?", stream = kind == "streamed turn" }) with { EffectsAsync = TurnsAsync };
            case "feedback":
                var turn = (await client.CreateAsync(turns, new { input = "Well?" }, cancellationToken)).Text("id");
                return New($"{turns}/{turn}/feedback", other => new { rating = "up", comment = $"Comment {other}." }) with
                {
                    EffectsAsync = async () => (await client.GetAsync($"{turns}/{turn}", cancellationToken))["feedback"].Number("revision"),
                };
            case "escalation":
                return New($"/v1/sessions/{session}/escalate", other => new { comment = $"{mark} {other}" });
            default:
                var escalation = (await client.CreateAsync($"/v1/sessions/{session}/escalate", new { }, cancellationToken)).Text("id");
                await client.CreateAsync($"/v1/escalations/{escalation}/claim", new { @operator = mark }, cancellationToken);
                return New($"/v1/escalations/{escalation}/replies", other => new { text = $"Reply {other}.", @operator = mark }) with { EffectsAsync = TurnsAsync };
        }

        CreatingRequest New(string path, Func<int, object> body) => new(kind, mark, path, body, false, null);
    }

    /// <summary>How often each mark is in the lists.</summary>
    public static async Task<Dictionary<string, int>> CountAsync(PatientClient client, CancellationToken cancellationToken)
    {
        var counts = new Dictionary<string, int>();
        foreach (var (list, read) in (List<(string, Func<JsonNode, string?>)>)
        [
            ("sessions", item => item["metadata"]?["mark"]?.GetValue<string>()), ("agents", item => item.Text("name")), ("keys", item => item.Text("name")),
            ("tenants", item => item.Text("name").TrimEnd('+')), ("escalations", item => item["comment"]?.GetValue<string>().Split(' ')[0]),
        ])
        {
            for (string? after = null; ;)
            {
                var page = await client.GetAsync($"/v1/{list}?limit=100{(after is null ? "" : $"&after={after}")}", cancellationToken);
                foreach (var mark in page.List("data").Select(item => read(item!)).OfType<string>())
                    counts[mark] = counts.GetValueOrDefault(mark) + 1;
                if (!page["has_more"]!.GetValue<bool>())
                    break;
                after = page.Text("last_id");
            }
        }
        return counts;
    }
}

/// <summary>An answer that a client takes for final.</summary>
/// <param name="Replayed">It is that of an earlier request under the same key.</param>
internal sealed record Settled(HttpStatusCode Status, string Body, bool Replayed)
{
    public string? Code => Status >= HttpStatusCode.BadRequest ? JsonNode.Parse(Body)?["code"]?.GetValue<string>() : null;

    /// <summary>The id of what was made: of the first event when the answer is a stream.</summary>
    public string? Id => Body.StartsWith("retry:", StringComparison.Ordinal)
        ? JsonNode.Parse(Body.Split('\n').First(line => line.StartsWith("data: ", StringComparison.Ordinal))[6..]).Text("turn_id")
        : JsonNode.Parse(Body)?["id"]?.GetValue<string>();
}
