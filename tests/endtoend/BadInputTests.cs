using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Agents.Testing;
using Xunit;

namespace Agents.EndToEnd.Tests;

/// <summary>Bad input over all published routes: always a clear 4xx, never a 5xx, never a stack trace.</summary>
public sealed class BadInputTests(PairStack stack)
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task A_missing_wrong_or_revoked_key_is_401_on_every_route()
    {
        var token = TestContext.Current.CancellationToken;
        var key = await stack.Operator.CreateAsync("/v1/keys", new { name = "to revoke", scopes = new[] { "admin" } }, token);
        (await stack.Operator.Http.DeleteAsync($"/v1/keys/{key.Text("id")}", token)).EnsureSuccessStatusCode();
        // Never used before, so no replica remembers it as valid.
        string?[] keys = [null, "nonsense", new string('x', 5_000), key.Text("key"), "ak_" + new string('0', 32) + "_" + new string('A', 43)];
        var failures = new List<string>();
        foreach (var operation in await PublishedApi.ReadAsync(stack, token))
        {
            foreach (var bad in keys)
                await ExpectAsync(failures, operation, Concrete(operation.Path, "x"), "{}", "application/json", stack.Client(bad), HttpStatusCode.Unauthorized);
        }
        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    [Fact]
    public async Task A_key_without_the_scope_is_403_on_every_route()
    {
        var token = TestContext.Current.CancellationToken;
        var nobody = await stack.NewTenantAsync(token, "sessions:delegate");
        var failures = new List<string>();
        foreach (var operation in await PublishedApi.ReadAsync(stack, token))
            await ExpectAsync(failures, operation, Concrete(operation.Path, "x"), "{}", "application/json", nobody, HttpStatusCode.Forbidden);
        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    [Fact]
    public async Task An_unknown_or_malformed_id_is_404_on_every_route_that_takes_one()
    {
        var token = TestContext.Current.CancellationToken;
        var user = await stack.NewTenantAsync(token);
        var unknown = new string('0', 32);
        string[] ids = ["nope", "sess_" + unknown, "coll_" + unknown, "doc_" + unknown, "turn_" + unknown, "ak_" + unknown, "%2e%2e%2f", "a%7C%7Cb", "ü", new string('a', 2_000)];
        var failures = new List<string>();
        foreach (var operation in (await PublishedApi.ReadAsync(stack, token)).Where(operation => operation.Path.Contains('{', StringComparison.Ordinal)))
        {
            foreach (var id in ids)
                await ExpectAsync(failures, operation, Concrete(operation.Path, id), ValidBody(operation), "application/json", user, HttpStatusCode.NotFound, HttpStatusCode.BadRequest);
        }
        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    [Fact]
    public async Task Another_tenants_id_is_404_on_every_route_that_takes_one()
    {
        var token = TestContext.Current.CancellationToken;
        var owner = await stack.NewTenantAsync(token);
        var collection = (await owner.CreateAsync("/v1/collections", new { name = "private" }, token)).Text("id");
        var document = await owner.AddReadyDocumentAsync(collection, "secret.md", "The secret is a pineapple.", token);
        var session = await owner.CreateAsync("/v1/sessions", new { input = "What is the secret?" }, token);
        var agent = (await owner.CreateAsync("/v1/agents", new { name = "mine", instructions = "Mine." }, token)).Text("id");
        var key = await owner.CreateAsync("/v1/keys", new { name = "mine", scopes = new[] { "sessions" } }, token);
        var escalation = (await owner.CreateAsync($"/v1/sessions/{session.Text("id")}/escalate", new { }, token)).Text("id");
        var secret = (await owner.GetAsync("/v1/webhooks/secrets", token)).List("data")[0].Text("id");
        var job = (await owner.CreateAsync("/v1/jobs", new { input = "What is the secret?" }, token)).Text("id");
        var delivery = (await owner.CreateAsync("/v1/webhooks/test", new { url = "https://nobody.invalid/" }, token)).Text("id");
        var ids = new Dictionary<string, string>
        {
            ["/v1/escalations/{id}"] = $"/v1/escalations/{escalation}",
            ["/v1/webhooks/secrets/{id}"] = $"/v1/webhooks/secrets/{secret}",
            ["/v1/jobs/{id}"] = $"/v1/jobs/{job}",
            ["/v1/dead-letters/{id}"] = $"/v1/dead-letters/{job}",
            ["/v1/webhooks/deliveries/{id}"] = $"/v1/webhooks/deliveries/{delivery}",
            ["/v1/sessions/{id}/turns/{turn}"] = $"/v1/sessions/{session.Text("id")}/turns/{session["turn"].Text("id")}",
            ["/v1/sessions/{id}"] = $"/v1/sessions/{session.Text("id")}",
            ["/v1/agents/{id}"] = $"/v1/agents/{agent}",
            ["/v1/keys/{id}"] = $"/v1/keys/{key.Text("id")}",
            ["/v1/tenants/{id}"] = $"/v1/tenants/{key.Text("tenant")}",
            ["/v1/collections/{id}/documents/{document}"] = $"/v1/collections/{collection}/documents/{document}",
            ["/v1/collections/{id}"] = $"/v1/collections/{collection}",
            ["/v1/budgets/{id}"] = $"/v1/budgets/{(await owner.CreateAsync("/v1/budgets", new { limit_micros = "1000000" }, token)).Text("id")}",
            // Of the installation, not of any tenant.
            ["/v1/jobs/lanes/{lane}"] = "/v1/jobs/lanes/standard",
            ["/v1/jobs/rules/{id}"] = $"/v1/jobs/rules/{(await stack.Operator.CreateAsync("/v1/jobs/rules", new { name = "x", match = "false", job = new { input = "x" } }, token)).Text("id")}",
            ["/v1/deployments/{id}"] = "/v1/deployments/extractive",
            ["/v1/aliases/{id}"] = $"/v1/aliases/{(await stack.Operator.CreateAsync("/v1/aliases", new { id = "operators", targets = new[] { new { deployment = "extractive" } } }, token)).Text("id")}",
        };
        var thief = await stack.NewTenantAsync(token);
        var failures = new List<string>();
        foreach (var operation in (await PublishedApi.ReadAsync(stack, token)).Where(operation => operation.Path.Contains('{', StringComparison.Ordinal) && !operation.OnOpenAiRoute))
        {
            var (template, real) = ids.OrderByDescending(pair => pair.Key.Length).FirstOrDefault(pair => operation.Path.StartsWith(pair.Key, StringComparison.Ordinal));
            Assert.True(template is not null, $"the table has no id for {operation}");
            await ExpectAsync(failures, operation, operation.Path.Replace(template!, real, StringComparison.Ordinal), ValidBody(operation), "application/json", thief, HttpStatusCode.NotFound);
        }
        Assert.True(failures.Count == 0, string.Join('\n', failures));
        // Nothing of it was touched.
        Assert.Equal("completed", (await owner.GetAsync(ids["/v1/sessions/{id}/turns/{turn}"], token)).Text("status"));
        Assert.Equal("ready", (await owner.GetAsync(ids["/v1/collections/{id}/documents/{document}"], token)).Text("status"));
        Assert.Equal(key.Text("id"), (await owner.GetAsync(ids["/v1/keys/{id}"], token)).Text("id"));
        foreach (var list in new[] { "/v1/sessions", "/v1/collections", "/v1/agents", "/v1/escalations", "/v1/jobs", "/v1/webhooks/deliveries" })
            Assert.Empty((await thief.GetAsync(list, token)).List("data"));
    }

    [Fact]
    public async Task A_body_that_is_malformed_mistyped_oversized_or_of_the_wrong_kind_is_a_4xx_on_every_route_that_takes_one()
    {
        var token = TestContext.Current.CancellationToken;
        var user = await stack.NewTenantAsync(token);
        var failures = new List<string>();
        foreach (var operation in (await PublishedApi.ReadAsync(stack, token)).Where(operation => operation.Body is not null))
        {
            var path = Concrete(operation.Path, "x");
            foreach (var body in new[] { "{", "", "null", "[]", "1", "\"text\"", "{\"a\":}", "{'a':1}", "\ufeff{", Deep(10_000), Mistyped(operation) })
                await ExpectAsync(failures, operation, path, body, "application/json", user);
            foreach (var body in EachPropertyMistyped(operation))
                await ExpectAsync(failures, operation, path, body, "application/json", user);
            await ExpectAsync(failures, operation, path, "a=b", "application/x-www-form-urlencoded", user);
            await ExpectAsync(failures, operation, path, "{}", "text/plain", user);
            await ExpectAsync(failures, operation, path, $"{{\"x\":\"{new string('a', 11 << 20)}\"}}", "application/json", user, HttpStatusCode.RequestEntityTooLarge, HttpStatusCode.NotFound);
        }
        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    [Fact]
    public async Task A_bad_page_is_400_on_every_list()
    {
        var token = TestContext.Current.CancellationToken;
        var user = await stack.NewTenantAsync(token);
        var failures = new List<string>();
        var lists = new[] { "/v1/sessions", "/v1/agents", "/v1/keys", "/v1/collections", "/v1/escalations", "/v1/jobs", "/v1/dead-letters", "/v1/webhooks/deliveries" };
        foreach (var list in lists)
        {
            foreach (var query in new[] { "limit=0", "limit=-1", "limit=101", "limit=abc", "limit=99999999999", "order=up", "after=nope", "after=%00" })
                await ExpectAsync(failures, new Operation("", HttpMethod.Get, list, null), $"{list}?{query}", "", "", user, HttpStatusCode.BadRequest);
        }
        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Random_requests_never_cause_a_server_error(int seed)
    {
        var token = TestContext.Current.CancellationToken;
        var user = await stack.NewTenantAsync(token);
        var random = new Random(seed);
        var operations = await PublishedApi.ReadAsync(stack, token);
        var failures = new List<string>();
        for (var n = 0; n < 400; n++)
        {
            var operation = operations[random.Next(operations.Count)];
            var body = new JsonObject();
            foreach (var (name, _) in operation.Body?["properties"] as JsonObject ?? [])
            {
                if (random.Next(3) > 0)
                    body[name] = Values[random.Next(Values.Length)]();
            }
            var (status, text) = await SendAsync(user, operation.Method, Concrete(operation.Path, Ids[random.Next(Ids.Length)]), body.ToJsonString(), "application/json");
            if ((int)status >= 500 && !text.Contains("model_not_found", StringComparison.Ordinal))
                failures.Add($"seed {seed}, request {n}: {operation} {body.ToJsonString()[..Math.Min(200, body.ToJsonString().Length)]} -> {(int)status} {text}");
        }
        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    private static readonly string[] Ids = ["x", "default", "sess_" + new string('1', 32), "coll_" + new string('a', 32), "%F0%9F%98%80", "..;"];

    private static readonly Func<JsonNode?>[] Values =
    [
        () => null, () => "text", () => "", () => "\0", () => "\u202eabc", () => "😀", () => new string('z', 3_000), () => 0, () => -1,
        () => 1.5, () => long.MaxValue, () => true, () => new JsonArray(), () => new JsonArray("a", null, 1), () => new JsonObject { ["a"] = "b" },
        () => new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "hi" }), () => "extractive", () => "default",
    ];

    private static string Concrete(string template, string id) => System.Text.RegularExpressions.Regex.Replace(template, @"\{[^}]+\}", id);

    private static string Deep(int depth) => string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth);

    private static string ValidBody(Operation operation) => operation.Path switch
    {
        var path when path.EndsWith("/turns", StringComparison.Ordinal) => """{"input":"hello"}""",
        var path when path.EndsWith("/documents", StringComparison.Ordinal) => """{"title":"a","text":"b"}""",
        var path when path.StartsWith("/v1/deployments/", StringComparison.Ordinal) => """{"id":"x","endpoints":["http://127.0.0.1/v1"]}""",
        var path when path.StartsWith("/v1/aliases/", StringComparison.Ordinal) => """{"id":"x","targets":[{"deployment":"extractive"}]}""",
        var path when path.StartsWith("/v1/budgets/", StringComparison.Ordinal) => """{"limit_micros":"5"}""",
        var path when path.EndsWith("/search", StringComparison.Ordinal) => """{"query":"a"}""",
        _ => "{}",
    };

    private static string Mistyped(Operation operation)
    {
        var body = new JsonObject();
        foreach (var (name, _) in operation.Body!["properties"] as JsonObject ?? [])
            body[name] = new JsonArray(new JsonArray(new JsonObject()));
        return body.ToJsonString();
    }

    private static IEnumerable<string> EachPropertyMistyped(Operation operation)
    {
        foreach (var (name, schema) in operation.Body!["properties"] as JsonObject ?? [])
        {
            var types = schema?["type"] switch
            {
                JsonArray several => several.Select(type => type!.GetValue<string>()).ToList(),
                JsonValue one => [one.GetValue<string>()],
                _ => [],
            };
            // A property without a type takes anything.
            if (types.Count == 0)
                continue;
            yield return new JsonObject { [name] = types.Contains("object") ? 1 : new JsonObject { ["a"] = 1 } }.ToJsonString();
            yield return $"{{\"{name}\":\"\\ud800\"}}";
        }
    }

    private static async Task ExpectAsync(
        List<string> failures, Operation operation, string path, string body, string contentType, ApiClient client, params HttpStatusCode[] expected)
    {
        var (status, text) = await SendAsync(client, operation.Method, path, body, contentType);
        var shown = body.Length > 80 ? body[..80] + "..." : body;
        if (expected.Length > 0 ? !expected.Contains(status) : (int)status is < 400 or >= 500)
            failures.Add($"{operation.Method} {path[..Math.Min(path.Length, 120)]} with '{shown}' -> {(int)status} {text}");
        else if (!Explains(text, operation.OnOpenAiRoute))
            failures.Add($"{operation.Method} {path[..Math.Min(path.Length, 120)]} with '{shown}' -> {(int)status} without a clear reason: {text}");
    }

    private static bool Explains(string text, bool openAi)
    {
        if (text.Contains("   at ", StringComparison.Ordinal) || text.Contains("Exception", StringComparison.Ordinal))
            return false;
        try
        {
            var body = JsonNode.Parse(text);
            var (code, detail) = openAi && body?["error"] is JsonObject error ? (error["code"], error["message"]) : (body?["code"], body?["detail"]);
            return code?.GetValue<string>().Length > 0 && detail?.GetValue<string>().Length > 10;
        }
        catch (System.Text.Json.JsonException)
        {
            return false;
        }
    }

    private static async Task<(HttpStatusCode Status, string Text)> SendAsync(ApiClient client, HttpMethod method, string path, string body, string contentType)
    {
        using var request = new HttpRequestMessage(method, path);
        if (method != HttpMethod.Get && method != HttpMethod.Delete)
            request.Content = new StringContent(body, Encoding.UTF8, contentType);
        using var response = await client.Http.SendAsync(request, None);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(None));
    }
}
