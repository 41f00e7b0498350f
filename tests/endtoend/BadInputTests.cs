using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Agents.Testing;
using Agents.Testing.Requests;
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
                await ExpectAsync(failures, operation, Concrete(operation.Path, id), operation.ValidBody, "application/json", user, HttpStatusCode.NotFound, HttpStatusCode.BadRequest);
        }
        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    [Fact]
    public async Task Nothing_of_another_tenant_is_to_be_had_by_path_body_header_cursor_filter_key_or_question()
    {
        var trials = await new TenantCrossing(stack, seed: 30).RunAsync(TestContext.Current.CancellationToken);
        Assert.True(trials.Good, trials.ToString());
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
        var failures = new List<string>();
        foreach (var list in (await PublishedApi.ReadAsync(stack, token)).Where(operation => operation.Method == HttpMethod.Get && operation.Query.Contains("limit")))
        {
            var pages = new[] { "limit=0", "limit=-1", "limit=101", "limit=abc", "limit=99999999999", "order=up", "after=nope", "after=%00" };
            foreach (var page in pages.Where(page => list.Query.Contains(page.Split('=')[0])))
            {
                // What is not there may be said first.
                HttpStatusCode[] expected = list.TakesId ? [HttpStatusCode.BadRequest, HttpStatusCode.NotFound] : [HttpStatusCode.BadRequest];
                await ExpectAsync(failures, list, $"{Concrete(list.Path, "x")}?{page}", "", "", stack.Operator, expected);
            }
        }
        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    [Fact]
    public async Task Requests_made_up_from_the_published_api_get_a_clear_answer_and_never_a_server_error()
    {
        var trials = await new RequestFuzz(stack, seed: 27).RunAsync(1_500, _ => true, TestContext.Current.CancellationToken);
        Assert.True(trials.Good, trials.ToString());
    }

    [Fact]
    public async Task Requests_that_break_http_itself_are_refused_and_keep_nobody_else_waiting()
    {
        var trials = await new RawRequests(stack).RunAsync(seed: 27, count: 100, TestContext.Current.CancellationToken);
        Assert.True(trials.Good, trials.ToString());
    }

    [Fact]
    public async Task Far_too_much_of_anything_is_refused()
    {
        var trials = await new OversizedRequests(stack, seed: 26).RunAsync(0, TestContext.Current.CancellationToken);
        Assert.True(trials.Good, trials.ToString());
    }

    private static string Concrete(string template, string id) => System.Text.RegularExpressions.Regex.Replace(template, @"\{[^}]+\}", id);

    private static string Deep(int depth) => string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth);

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
        else if (!RequestFuzz.Explains(text, operation.OnOpenAiRoute))
            failures.Add($"{operation.Method} {path[..Math.Min(path.Length, 120)]} with '{shown}' -> {(int)status} without a clear reason: {text}");
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
