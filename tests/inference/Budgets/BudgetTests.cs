using System.Net;
using System.Text.Json.Nodes;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Xunit;

namespace Agents.Inference.Tests.Budgets;

/// <summary>Budgets at the door. What a fake call costs: 1,000 and 200 tokens, 4,500 micro-units, or what its limits bound it to.</summary>
public sealed class BudgetTests(InferenceStack stack)
{
    [Fact]
    public async Task A_hundred_calls_at_once_never_exceed_the_budget_and_the_ledger_agrees()
    {
        var token = TestContext.Current.CancellationToken;
        var model = stack.Models.NewModel(Reply.Stream().Text("Fine.").Finish().Usage(20, 10).Done());
        var client = await stack.NewTenantAsync(token);
        // A call may take at most 10 tokens out, and as many in as its body has bytes: some 700 micro-units; it takes 150.
        var budget = await client.CreateAsync("/v1/budgets", new { limit_micros = "3000" }, token);
        var question = InferenceStack.Question(model, stream: true, includeUsage: false);
        question["max_completion_tokens"] = 10;
        await Eventually.TrueAsync(async () => await StatusAsync(client, question, token) is 200 or 429, "the budget is in force", token);
        await Task.WhenAll(Enumerable.Range(0, 100).Select(async _ =>
        {
            using var response = await stack.PostAsync(question, token, client);
            var body = await response.Content.ReadAsStringAsync(token);
            Assert.True((int)response.StatusCode is 200 or 429, $"{response.StatusCode}: {body}");
        }));
        var made = stack.Models.Requests(model).Count;
        Assert.InRange(made, 1, 20);
        await Eventually.TrueAsync(async () => (await InfoAsync(client, budget, token)).Text("spent_micros") == $"{150 * made}", "all calls are settled", token);
        var info = await InfoAsync(client, budget, token);
        Assert.Equal("0", info.Text("unattributed_micros"));
        await Eventually.TrueAsync(async () => (await InfoAsync(client, budget, token)).Text("leased_micros") == "0", "idle leases go back", token);
    }

    [Fact]
    public async Task A_call_that_alone_could_exceed_the_budget_reaches_nobody()
    {
        var token = TestContext.Current.CancellationToken;
        var model = stack.Models.NewModel(Reply.Text("Never."));
        var client = await stack.NewTenantAsync(token);
        await client.CreateAsync("/v1/budgets", new { limit_micros = 1000, period = "day" }, token);
        var question = InferenceStack.Question(model, stream: false, includeUsage: false);
        question["max_completion_tokens"] = 1_000_000;
        using var response = await stack.PostAsync(question, token, client);
        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Equal("budget_exceeded", JsonNode.Parse(await response.Content.ReadAsStringAsync(token))!["error"].Text("code"));
        Assert.Empty(stack.Models.Requests(model));
    }

    [Fact]
    public async Task The_longest_answer_is_stated_to_the_provider_only_where_a_budget_needs_it()
    {
        var token = TestContext.Current.CancellationToken;
        var model = stack.Models.NewModel(Reply.Text("Fine."));
        var client = await stack.NewTenantAsync(token);
        var question = InferenceStack.Question(model, stream: false, includeUsage: false);
        await StatusAsync(client, question, token);
        await client.CreateAsync("/v1/budgets", new { limit_micros = 1_000_000 }, token);
        await StatusAsync(client, question, token);
        var sent = stack.Models.Requests(model);
        Assert.False(sent[0].Body.ContainsKey("max_completion_tokens"));
        Assert.Equal(4_096, sent[1].Body["max_completion_tokens"]!.GetValue<int>());
    }

    [Fact]
    public async Task Requests_a_minute_are_counted_over_all_keys_of_a_tenant()
    {
        var token = TestContext.Current.CancellationToken;
        var model = stack.Models.NewModel(Reply.Text("Fine."));
        var client = await stack.NewTenantAsync(token);
        await client.CreateAsync("/v1/budgets", new { requests_per_minute = 3 }, token);
        var question = InferenceStack.Question(model, stream: false, includeUsage: false);
        var good = 0;
        for (var n = 0; n < 8; n++)
            good += await StatusAsync(client, question, token) == 200 ? 1 : 0;
        // A minute may end in between, and then three more go through.
        Assert.True(good is 3 or 6, $"{good}");
    }

    [Fact]
    public async Task A_tenant_sees_its_own_budgets_only_and_cannot_lift_the_operators()
    {
        var token = TestContext.Current.CancellationToken;
        var tenant = (await stack.Operator.CreateAsync("/v1/tenants", new { name = "Somebody" }, token)).Text("id");
        var client = await stack.NewKeyAsync(tenant, token);
        var other = await stack.NewTenantAsync(token);
        var set = (await stack.Operator.CreateAsync("/v1/budgets", new { tenant, limit_micros = 5 }, token)).Text("id");
        Assert.Equal(HttpStatusCode.OK, (await client.TryAsync(HttpMethod.Get, $"/v1/budgets/{set}", null, token)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await other.TryAsync(HttpMethod.Get, $"/v1/budgets/{set}", null, token)).Status);
        Assert.Equal("set_by_operator", (await client.TryAsync(HttpMethod.Delete, $"/v1/budgets/{set}", null, token)).Body.Text("code"));
        Assert.Equal(HttpStatusCode.BadRequest, (await client.TryAsync(HttpMethod.Post, "/v1/budgets", new { tenant = "default", limit_micros = 5 }, token)).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await client.TryAsync(HttpMethod.Post, "/v1/budgets", new { }, token)).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await stack.Operator.TryAsync(HttpMethod.Delete, $"/v1/budgets/{set}", null, token)).Status);
    }

    [Fact]
    public async Task A_budget_of_a_key_binds_that_key_and_a_soft_one_lets_calls_go_on()
    {
        var token = TestContext.Current.CancellationToken;
        var model = stack.Models.NewModel(Reply.Stream().Text("Fine.").Finish().Usage(20, 10).Done());
        var tenant = (await stack.Operator.CreateAsync("/v1/tenants", new { name = "Two keys" }, token)).Text("id");
        var key = await stack.Operator.CreateAsync("/v1/keys", new { name = "bound", tenant, scopes = new[] { "admin" } }, token);
        var (bound, free) = (stack.Client(key.Text("key")), await stack.NewKeyAsync(tenant, token));
        await free.CreateAsync("/v1/budgets", new { scope = "key", subject = key.Text("id"), period = "day", limit_micros = 1 }, token);
        var soft = await free.CreateAsync("/v1/budgets", new { soft_limit_micros = 200 }, token);
        var question = InferenceStack.Question(model, stream: true, includeUsage: false);
        question["max_completion_tokens"] = 10;
        Assert.Equal(429, await StatusAsync(bound, question, token));
        for (var n = 0; n < 3; n++)
            Assert.Equal(200, await StatusAsync(free, question, token));
        await Eventually.TrueAsync(async () => (await InfoAsync(free, soft, token)).Text("spent_micros") == "450", "the calls are settled", token);
    }

    [Fact]
    public async Task Embeddings_are_paid_from_the_same_budget()
    {
        var token = TestContext.Current.CancellationToken;
        var model = stack.Models.NewModel(Reply.Body(
            """{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5]}],"model":"e","usage":{"prompt_tokens":8,"total_tokens":8}}"""));
        var client = await stack.NewTenantAsync(token);
        var budget = await client.CreateAsync("/v1/budgets", new { limit_micros = 1_000 }, token);
        await client.CreateAsync("/v1/embeddings", new { model, input = "How are you?" }, token);
        await Eventually.TrueAsync(async () => (await InfoAsync(client, budget, token)).Text("spent_micros") == "20", "the call is settled", token);
    }

    private async Task<int> StatusAsync(ApiClient client, JsonObject question, CancellationToken token)
    {
        using var response = await stack.PostAsync(question, token, client);
        await response.Content.ReadAsStringAsync(token);
        return (int)response.StatusCode;
    }

    private static Task<JsonNode> InfoAsync(ApiClient client, JsonNode budget, CancellationToken token) =>
        client.GetAsync($"/v1/budgets/{budget.Text("id")}", token);
}
