using System.Text.Json;
using System.Text.Json.Nodes;
using Agents.Testing.FakeModels;

namespace Agents.Testing.Attacks;

/// <summary>
/// A model that wants more than it may: tools that do not exist, arguments that fit no schema or climb out of an address, another tenant's
/// name, a thousand calls at once, round upon round. Only calls that the agent's owner foresaw reach the tool, each once, and the turn ends.
/// </summary>
public sealed class AgencyAttack(Stack stack, ToolHost host, int seed)
{
    private const int MaxCalls = 64;
    private const int MaxModelCalls = 9;
    private static readonly string[] Strangers = ["delete_everything", "../book", "book ", "BOOK", "", "look\u0000", "search_documents", "system", "book\nlook", new string('n', 5_000), "😀", "{id}"];

    private readonly Trials _trials = new("excessive agency");

    public async Task<Trials> RunAsync(int count, CancellationToken cancellationToken)
    {
        var random = new Random(seed);
        var model = stack.Models.NewModel(Reply.Text("Nothing yet."));
        var agent = (await stack.Operator.CreateAsync("/v1/agents", Agent(model), cancellationToken)).Text("id");
        var keys = new HashSet<string>();
        for (var n = 0; n < count; n++)
        {
            _trials.Begin();
            var which = $"seed {seed}, turn {n}";
            var (calls, asked) = (host.Calls.Count, stack.Models.Requests(model).Count);
            var rounds = random.Next(8) == 0 ? 20 : random.Next(1, 4);
            stack.Models.Script(model, [.. Enumerable.Range(0, rounds).Select(_ => Round(random)), Reply.Text("Done.")]);
            var turn = (await stack.Operator.CreateAsync("/v1/sessions", new { agent, input = "Go." }, cancellationToken))["turn"]!;
            _trials.Expect(turn.Text("status") == "completed", () => $"{which}: {turn.ToJsonString()}");
            var models = stack.Models.Requests(model).Count - asked;
            _trials.Expect(models <= MaxModelCalls, () => $"{which}: {models} model calls");
            var reached = host.Calls.Skip(calls).ToList();
            _trials.Expect(reached.Count <= MaxCalls, () => $"{which}: {reached.Count} tool calls");
            foreach (var call in reached)
            {
                if (Fault(call) is { } fault)
                    _trials.Expect(false, () => $"{which}: {fault}: {call.Method} {call.Target} {call.Body}");
                _trials.Expect(call.Headers.TryGetValue("idempotency-key", out var key) && keys.Add(key), () => $"{which}: a call without a key of its own");
            }
        }
        _trials.Note($"{keys.Count} calls that were foreseen reached the tool");
        return _trials;
    }

    private object Agent(string model) => new
    {
        name = "eager",
        instructions = "Answer.",
        model,
        collections = Array.Empty<string>(),
        tools = new object[]
        {
            new
            {
                type = "http", name = "book", url = $"{host.Address}book/{{id}}", parameters = new
                {
                    type = "object",
                    properties = new { id = new { type = "string", maxLength = 20 }, amount = new { type = "integer", minimum = 1, maximum = 10 }, tenant = new { @enum = new[] { "mine" } } },
                    required = new[] { "id" },
                    additionalProperties = false,
                },
            },
            new
            {
                type = "http", name = "look", method = "GET", url = $"{host.Address}look/{{id}}?fixed=yes",
                parameters = new { type = "object", properties = new { id = new { type = "string" }, q = new { type = "string" } }, required = new[] { "id" }, additionalProperties = false },
            },
        },
    };

    private static Reply Round(Random random)
    {
        var calls = random.Next(12) switch { 0 => 1_000, 1 => 64, _ => random.Next(1, 9) };
        return Reply.ToolCalls([.. Enumerable.Range(0, calls).Select(_ => (
            random.Next(3) switch { 0 => Strangers[random.Next(Strangers.Length)], 1 => "look", _ => "book" }, Arguments(random)))]);
    }

    private static string Arguments(Random random) => random.Next(6) switch
    {
        0 => Shapes[random.Next(Shapes.Length)],
        1 => Mutation.Of("""{"id":"a","amount":3,"tenant":"mine"}""", random),
        2 => JsonSerializer.Serialize(new { id = "a", tenant = "other" }),
        3 => JsonSerializer.Serialize(new { id = Ids[random.Next(Ids.Length)], q = Ids[random.Next(Ids.Length)] }),
        4 => JsonSerializer.Serialize(new { id = Ids[random.Next(Ids.Length)], amount = random.Next(-5, 20) }),
        _ => """{"id":"a","amount":3,"tenant":"mine"}""",
    };

    private static readonly string[] Ids =
    [
        "a", "../admin", "..", ".", "%2e%2e", "%2e%2e%2fadmin", "a/b", "a\\..\\b", "a?x=1", "a#b", "a&fixed=no", "//evil.test", "@evil.test", "x\r\nHost: evil.test\r\n", "\0", "😀", "{q}", "", " ", "\u202ea", "a;b", "http://x",
    ];

    private static readonly string[] Shapes =
    [
        "", "null", "[]", "\"a\"", "7", "{", "{\"id\":\"\\ud800\"}", "{\"\\ud800\":1,\"id\":\"a\"}", "{\"id\":\"a\",\"id\":\"b\"}", "{\"id\":\"a\",\"amount\":1e999}", "{\"id\":\"a\",\"amount\":1.5}", "{\"id\":\"a\",\"amount\":\"3\"}",
        "{\"id\":{\"a\":1}}", "{\"id\":null}", "{\"amount\":3}", "{\"id\":\"a\",\"more\":true}", "{\"id\":\"a\",\"__proto__\":{}}", new string('[', 100), $"{{\"id\":\"{new string('a', 10_000)}\"}}", "{\"id\":\"a\",\"tenant\":[\"mine\"]}",
    ];

    /// <summary>What nobody foresaw about a call; null when all was.</summary>
    private static string? Fault(ReachedCall call)
    {
        var (path, query) = call.Target.Split('?', 2) is [var before, var after] ? (before, after) : (call.Target, "");
        var segments = path.Split('/');
        if (segments is not ["", "book" or "look", { Length: > 0 } id] || id is "." or "..")
            return "another address";
        if (call.Headers.ContainsKey("authorization") || call.Headers.Keys.Any(name => name.StartsWith("dapr", StringComparison.Ordinal) || name.StartsWith("x-agents", StringComparison.Ordinal)))
            return "a header of ours";
        if (segments[1] == "look")
            return call.Method == "GET" && query.Split('&') is ["fixed=yes", ..] and { Length: <= 2 } ? null : "another query";
        return call.Method == "POST" && JsonNode.Parse(call.Body) is JsonObject body && body.All(member => member.Key switch
        {
            "amount" => member.Value!.GetValue<decimal>() is >= 1 and <= 10,
            "tenant" => member.Value!.GetValue<string>() == "mine",
            _ => false,
        }) ? null : "another body";
    }
}
