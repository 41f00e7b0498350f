using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Agents.Testing.Requests;

/// <summary>
/// One tenant tries to reach what is another's: by the path of every published route, and by every other place where a request may name
/// something. So do a revoked key, no key, and a key without the scope. Whatever is foreign is as if it did not exist.
/// </summary>
public sealed partial class TenantCrossing(Stack stack, int seed)
{
    private readonly Trials _trials = new("tenant crossings");
    private readonly Random _random = new(seed);

    public async Task<Trials> RunAsync(CancellationToken cancellationToken)
    {
        var goods = await Belongings.MakeAsync(stack, $"quince{_random.Next():x}", cancellationToken);
        var before = await goods.StateAsync(cancellationToken);
        var thief = await stack.NewTenantAsync(cancellationToken);
        var operations = await PublishedApi.ReadAsync(stack, cancellationToken);
        await PathsAsync(goods, thief, operations, cancellationToken);
        await ReferencesAsync(goods, thief, cancellationToken);
        await QuestionsAsync(goods, thief, cancellationToken);
        // Nothing of it was touched.
        var after = await goods.StateAsync(cancellationToken);
        _trials.Expect(before == after, () => $"what the owner finds has changed: {before} became {after}");
        _trials.Note($"seed {seed}: {operations.Count} routes, all of {string.Join(", ", operations.GroupBy(operation => operation.Service).Select(service => $"{service.Key} ({service.Count()})"))}");
        return _trials;
    }

    private async Task PathsAsync(Belongings goods, ApiClient thief, IReadOnlyList<Operation> operations, CancellationToken cancellationToken)
    {
        var revoked = await RevokedAsync(cancellationToken);
        var lower = await stack.NewTenantAsync(cancellationToken, "sessions:delegate");
        var shuffled = operations.Where(operation => !operation.OnOpenAiRoute).ToArray();
        _random.Shuffle(shuffled);
        foreach (var operation in shuffled)
        {
            var path = operation.Path;
            if (operation.TakesId)
            {
                var template = goods.Paths.Keys.OrderByDescending(key => key.Length).FirstOrDefault(key => operation.Path.StartsWith(key, StringComparison.Ordinal));
                _trials.Expect(template is not null, () => $"the table has no id for {operation}");
                path = template is null ? path : path.Replace(template, goods.Paths[template], StringComparison.Ordinal);
                var foreign = await ExpectAsync(goods, thief, operation, path, HttpStatusCode.NotFound, cancellationToken);
                // What is there and foreign answers as what is not there at all.
                var unknown = await ExpectAsync(goods, thief, operation, Digits().Replace(path, match => Scrambled(match.Value)), HttpStatusCode.NotFound, cancellationToken);
                _trials.Expect(Bare(foreign) == Bare(unknown), () => $"{operation} tells a foreign id from an unknown one: {foreign} and {unknown}");
            }
            await ExpectAsync(goods, revoked, operation, path, HttpStatusCode.Unauthorized, cancellationToken);
            await ExpectAsync(goods, stack.Client(null), operation, path, HttpStatusCode.Unauthorized, cancellationToken);
            await ExpectAsync(goods, lower, operation, path, HttpStatusCode.Forbidden, cancellationToken);
        }
    }

    /// <summary>Bodies, cursors, filters and headers that name what is another's.</summary>
    private async Task ReferencesAsync(Belongings goods, ApiClient thief, CancellationToken cancellationToken)
    {
        foreach (var (path, body) in (List<(string, object)>)
        [
            ("/v1/sessions", new { agent = goods.Agent }), ("/v1/sessions", new { agent = goods.Agent, agent_version = 1, input = goods.Question }),
            ("/v1/keys", new { name = "x", scopes = new[] { "admin" }, tenant = goods.Tenant }),
        ])
        {
            var (status, text) = await SendAsync(thief, HttpMethod.Post, path, body, null, cancellationToken);
            Judge(goods, $"POST {path} with a foreign id", status == HttpStatusCode.NotFound, status, text);
        }
        foreach (var query in (string[])[
            $"/v1/sessions?agent={goods.Agent}", $"/v1/sessions?user={goods.Word}", $"/v1/sessions?metadata=word:{goods.Word}", $"/v1/escalations?agent={goods.Agent}",
            "/v1/sessions?status=idle", "/v1/escalations?status=open", $"/v1/sessions?after={goods.Session}&order=asc", $"/v1/sessions?after={goods.Session}", $"/v1/agents?after={goods.Agent}",
            $"/v1/keys?after={goods.Key}", $"/v1/escalations?after={goods.Escalation}", $"/v1/collections?after={goods.Collection}", "/v1/sessions", "/v1/agents", "/v1/keys", "/v1/escalations",
            "/v1/collections", "/v1/webhooks/secrets", "/v1/budgets", "/v1/jobs", "/v1/jobs?status=failed", $"/v1/jobs?after={goods.Job}", "/v1/dead-letters", "/v1/webhooks/deliveries", "/v1/analytics/summary",
            "/v1/analytics/figures?figures=turns,cost&group_by=user", "/v1/analytics/outcomes", "/v1/analytics/outcomes/sessions", "/v1/reports/costs", "/v1/alerts", "/v1/audit", "/v1/audit/verify",
            "/v1/audit/export", "/v1/evaluations", "/v1/evaluations/sets", $"/v1/evaluations?after={goods.Evaluation}", "/v1/datasets", $"/v1/datasets?after={goods.Dataset}"])
        {
            var (status, text) = await SendAsync(thief, HttpMethod.Get, query, null, null, cancellationToken);
            Judge(goods, $"GET {query}", status == HttpStatusCode.OK, status, text);
        }
        // The very same idempotency key, path and body: an answer of one's own, not the other's.
        var key = $"key-{_random.Next():x}";
        var body2 = new { metadata = new { same = "same" } };
        var (_, owners) = await SendAsync(goods.Owner, HttpMethod.Post, "/v1/sessions", body2, ("Idempotency-Key", key), cancellationToken);
        var (made, thiefs) = await SendAsync(thief, HttpMethod.Post, "/v1/sessions", body2, ("Idempotency-Key", key), cancellationToken);
        var theirs = JsonNode.Parse(owners).Text("id");
        Judge(goods, "the same idempotency key", made == HttpStatusCode.Created && !thiefs.Contains(theirs, StringComparison.Ordinal), made, thiefs);
        (await goods.Owner.Http.DeleteAsync($"/v1/sessions/{theirs}", cancellationToken)).EnsureSuccessStatusCode();
        foreach (var header in (List<(string, string)>)[("x-agents-tenant", goods.Tenant), ("x-agents-agent", goods.Agent), ("x-agents-turn", goods.Turn), ("dapr-caller-app-id", "analytics"), ("dapr-api-token", "guessed")])
        {
            var (status, text) = await SendAsync(thief, HttpMethod.Get, $"/v1/sessions/{goods.Session}", null, header, cancellationToken);
            Judge(goods, $"header {header.Item1}", status == HttpStatusCode.NotFound, status, text);
        }
    }

    /// <summary>Questions, prompts and streams: what a model of one tenant is shown is that tenant's.</summary>
    private async Task QuestionsAsync(Belongings goods, ApiClient thief, CancellationToken cancellationToken)
    {
        var model = stack.Models.NewModel(FakeModels.Reply.Text("I do not know."));
        object[] agents =
        [
            new { name = "thief", instructions = "Answer.", model },
            new { name = "thief", instructions = "Answer.", model, collections = new[] { goods.Collection } },
            new { name = "thief", instructions = $"Repeat what is in {goods.Collection}, {goods.Session}, {goods.Document}.", model, tools = new[] { new { type = "retrieval" } } },
        ];
        foreach (var body in agents)
        {
            var agent = (await thief.CreateAsync("/v1/agents", body, cancellationToken)).Text("id");
            var (status, text) = await SendAsync(thief, HttpMethod.Post, "/v1/sessions", new { agent, input = "What is the secret, the pineapple?" }, null, cancellationToken);
            Judge(goods, $"a question with {body}", status == HttpStatusCode.Created, status, text);
            var turn = JsonNode.Parse(text)?["turn"].Text("id");
            var (_, events) = await SendAsync(
                thief, HttpMethod.Get, $"/v1/sessions/{JsonNode.Parse(text).Text("id")}/turns/{turn}/events", null, ("Last-Event-ID", goods.Event), cancellationToken);
            Judge(goods, "a foreign event id", true, status, events);
        }
        foreach (var request in stack.Models.Requests(model))
            _trials.Expect(!request.Body["messages"]!.ToJsonString().Contains("of quince", StringComparison.Ordinal), () => $"the prompt holds a foreign passage: {request.Body.ToJsonString()}");
    }

    private async Task<string> ExpectAsync(Belongings goods, ApiClient client, Operation operation, string path, HttpStatusCode expected, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(operation.Method, path);
        if (operation.Method != HttpMethod.Get && operation.Method != HttpMethod.Delete)
            request.Content = new StringContent(operation.ValidBody, Encoding.UTF8, "application/json");
        using var response = await client.Http.SendAsync(request, cancellationToken);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        Judge(goods, $"{operation.Method} {path}", response.StatusCode == expected, response.StatusCode, text);
        return text;
    }

    private void Judge(Belongings goods, string what, bool right, HttpStatusCode status, string text)
    {
        _trials.Begin();
        _trials.Expect(right, () => $"seed {seed}: {what} -> {(int)status} {text[..Math.Min(text.Length, 300)]}");
        var told = goods.Hidden.FirstOrDefault(hidden => text.Contains(hidden, StringComparison.Ordinal));
        _trials.Expect(told is null, () => $"seed {seed}: {what} tells '{told}': {text[..Math.Min(text.Length, 300)]}");
    }

    private async Task<ApiClient> RevokedAsync(CancellationToken cancellationToken)
    {
        var key = await stack.Operator.CreateAsync("/v1/keys", new { name = "to revoke", scopes = new[] { "admin" } }, cancellationToken);
        (await stack.Operator.Http.DeleteAsync($"/v1/keys/{key.Text("id")}", cancellationToken)).EnsureSuccessStatusCode();
        return stack.Client(key.Text("key"));
    }

    private static async Task<(HttpStatusCode Status, string Text)> SendAsync(
        ApiClient client, HttpMethod method, string path, object? body, (string Name, string Value)? header, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        if (header is { } given)
            request.Headers.Add(given.Name, given.Value);
        using var response = await client.Http.SendAsync(request, cancellationToken);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
    }

    private string Scrambled(string digits) => new([.. digits.Select(_ => "0123456789abcdef"[_random.Next(16)])]);

    private static string Bare(string problem) => TraceId().Replace(problem, "");

    [GeneratedRegex("[0-9a-f]{32}")]
    private static partial Regex Digits();

    [GeneratedRegex("\"trace_id\":\"[^\"]*\"")]
    private static partial Regex TraceId();
}
