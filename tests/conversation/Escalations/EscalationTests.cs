using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Xunit;

namespace Agents.Conversation.Tests.Escalations;

public sealed class EscalationTests(ConversationStack stack)
{
    [Fact]
    public async Task One_person_takes_over_answers_while_the_agent_is_silent_and_gives_the_dialogue_back()
    {
        var token = TestContext.Current.CancellationToken;
        var model = stack.Models.NewModel(Reply.Text("I am the agent."));
        var agent = await stack.NewAgentAsync(model, token);
        var session = (await stack.Operator.CreateAsync("/v1/sessions", new { agent, input = "Where is my parcel?" }, token)).Text("id");
        var escalation = (await stack.Operator.CreateAsync($"/v1/sessions/{session}/escalate", new { comment = "It is urgent." }, token)).Text("id");
        // Asking again gives the same one.
        Assert.Equal(escalation, (await stack.At("conversation", 1, stack.Host.ApiKey).CreateAsync($"/v1/sessions/{session}/escalate", new { }, token)).Text("id"));
        Assert.Contains((await stack.Operator.GetAsync("/v1/escalations?status=open", token)).List("data"), open => open.Text("id") == escalation);

        var claims = await Task.WhenAll(Enumerable.Range(0, 12).Select(n => stack.At("conversation", n % 2, stack.Host.ApiKey)
            .TryAsync(HttpMethod.Post, $"/v1/escalations/{escalation}/claim", new { @operator = $"person {n}" }, token)));
        var winner = Assert.Single(claims, claim => claim.Status == HttpStatusCode.OK).Body.Text("operator");
        Assert.All(claims.Where(claim => claim.Status != HttpStatusCode.OK), claim => Assert.Equal((HttpStatusCode.Conflict, "escalation_claimed"), (claim.Status, claim.Body.Text("code"))));

        var silent = await stack.Operator.CreateAsync($"/v1/sessions/{session}/turns", new { input = "Anybody there?" }, token);
        Assert.Equal("person", silent["output"]!["degraded"].Text("how"));
        Assert.Single(stack.Models.Requests(model));
        var (status, problem) = await stack.Operator.TryAsync(HttpMethod.Post, $"/v1/escalations/{escalation}/replies", new { text = "Me!", @operator = "somebody else" }, token);
        Assert.Equal((HttpStatusCode.Conflict, "escalation_claimed"), (status, problem.Text("code")));
        var reply = await stack.Operator.CreateAsync($"/v1/escalations/{escalation}/replies", new { text = "It is in Basel.", @operator = winner }, token);
        Assert.Equal(winner, reply.Text("operator"));
        var frames = new List<Frame>();
        await foreach (var frame in stack.Operator.EventsAsync($"/v1/sessions/{session}/turns/{reply.Text("id")}/events", null, token))
            frames.Add(frame);
        Assert.Equal(["turn.started", "turn.delta", "turn.completed"], frames.Select(frame => frame.Event));

        Assert.Equal("resolved", (await stack.Operator.CreateAsync($"/v1/escalations/{escalation}/resolve", new { resolution = "Found.", @operator = winner }, token)).Text("status"));
        Assert.Equal("I am the agent.", (await stack.Operator.CreateAsync($"/v1/sessions/{session}/turns", new { input = "Thanks. And now?" }, token))["output"].Text("text"));
        var prompt = stack.Models.Requests(model)[^1].Body["messages"]!.AsArray().Select(message => message.Text("content")).ToList();
        Assert.Contains("It is in Basel.", prompt);
        var transcript = (await stack.Operator.GetAsync($"/v1/escalations/{escalation}/transcript?order=asc", token)).List("data");
        Assert.Equal(["Where is my parcel?", "Anybody there?", "", "Thanks. And now?"], transcript.Select(turn => turn.Text("input")));
        // A second escalation of the session is another one.
        Assert.NotEqual(escalation, (await stack.Operator.CreateAsync($"/v1/sessions/{session}/escalate", new { }, token)).Text("id"));
    }

    [Theory]
    [InlineData("phrase")]
    [InlineData("failure")]
    [InlineData("degraded")]
    [InlineData("no_sources")]
    [InlineData("low_confidence")]
    public async Task The_agents_policy_calls_a_person(string reason)
    {
        var token = TestContext.Current.CancellationToken;
        var owner = await stack.NewTenantAsync(token);
        var collection = (await owner.CreateAsync("/v1/collections", new { name = "leave" }, token)).Text("id");
        await owner.AddReadyDocumentAsync(collection, "leave.md", "Each employee has 27 days of annual leave.", token);
        var model = stack.Models.NewModel(reason is "failure" or "degraded" ? Reply.Error(500, "Down.") : Reply.Text("Bananas grow on Tuesdays [1]."));
        object policy = reason switch
        {
            "phrase" => new { phrases = new[] { "a human" } },
            "no_sources" => new { on_no_sources = true },
            "low_confidence" => new { min_groundedness = 0.5 },
            _ => new { on_failure = true },
        };
        if (reason == "no_sources")
            model = stack.Models.NewModel(Reply.Text("I do not know."));
        var agent = (await owner.CreateAsync(
            "/v1/agents",
            new { name = "careful", instructions = "Answer.", model, collections = new[] { collection }, escalation = policy, degrade = reason == "degraded" ? "message" : "refuse", degrade_message = "Later." },
            token)).Text("id");
        var session = (await owner.CreateAsync("/v1/sessions", new { agent }, token)).Text("id");

        await owner.TryAsync(HttpMethod.Post, $"/v1/sessions/{session}/turns", new { input = "How many days of annual leave? May I speak to a human?" }, token);

        await Eventually.TrueAsync(
            async () => (await owner.GetAsync("/v1/escalations", token)).List("data").Count == 1 && (await owner.GetAsync($"/v1/sessions/{session}", token))["escalation"] is not null,
            "the session is escalated", token);
        Assert.Equal(reason, (await owner.GetAsync("/v1/escalations", token)).List("data")[0].Text("reason"));
    }

    [Fact]
    public async Task Only_the_scope_for_it_reads_the_queue_and_a_session_that_ended_is_not_escalated()
    {
        var token = TestContext.Current.CancellationToken;
        var user = await stack.NewTenantAsync(token, "sessions");
        Assert.Equal(HttpStatusCode.Forbidden, (await user.TryAsync(HttpMethod.Get, "/v1/escalations", null, token)).Status);
        var session = (await user.CreateAsync("/v1/sessions", new { }, token)).Text("id");
        await user.CreateAsync($"/v1/sessions/{session}/end", new { outcome = "resolved" }, token);

        var (status, problem) = await user.TryAsync(HttpMethod.Post, $"/v1/sessions/{session}/escalate", new { }, token);

        Assert.Equal((HttpStatusCode.Conflict, "session_ended"), (status, problem.Text("code")));
    }

    [Fact]
    public async Task A_webhook_is_signed_with_every_secret_and_comes_again_under_its_id_until_it_is_taken()
    {
        var token = TestContext.Current.CancellationToken;
        var owner = await stack.NewTenantAsync(token);
        var first = (await owner.GetAsync("/v1/webhooks/secrets", token)).List("data").Single();
        var second = await owner.CreateAsync("/v1/webhooks/secrets", new { }, token);
        var path = $"/{first.Text("id")}/1";
        var agent = (await owner.CreateAsync(
            "/v1/agents", new { name = "telling", instructions = "Answer.", collections = Array.Empty<string>(), escalation = new { webhook = $"http://{stack.Webhooks.Authority}{path}" } }, token)).Text("id");
        var session = (await owner.CreateAsync("/v1/sessions", new { agent }, token)).Text("id");

        var escalation = (await owner.CreateAsync($"/v1/sessions/{session}/escalate", new { }, token)).Text("id");
        await Eventually.TrueAsync(() => stack.Webhooks.At(path).Count == 2, "the webhook came twice", token, TimeSpan.FromSeconds(40));

        var received = stack.Webhooks.At(path);
        Assert.All(received, one => Assert.Equal($"{escalation}.opened", one.Id));
        Assert.NotEqual(received[0].Timestamp, received[1].Timestamp);
        foreach (var one in received)
        {
            Assert.Equal(string.Join(' ', Signature(first!, one), Signature(second, one)), one.Signature);
            var body = JsonNode.Parse(one.Body);
            Assert.Equal(("escalation.opened", escalation, "requested"), (body.Text("type"), body!["data"].Text("id"), body["data"].Text("reason")));
        }
    }

    private static string Signature(JsonNode secret, Received received) => "v1," + Convert.ToBase64String(HMACSHA256.HashData(
        Convert.FromBase64String(secret.Text("secret")["whsec_".Length..]), Encoding.UTF8.GetBytes($"{received.Id}.{received.Timestamp}.{received.Body}")));
}
