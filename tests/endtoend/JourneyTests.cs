using System.Net;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Xunit;

namespace Agents.EndToEnd.Tests;

/// <summary>What the product is for: documents in, cited answers out, figures to run it by.</summary>
public sealed class JourneyTests(PairStack stack)
{
    private const string Text =
        "# Refunds\n\nA customer may return any item within 30 days. The refund is paid to the card that was used.\n\n"
        + "# Opening hours\n\nThe shop in Basel is open from nine to six on weekdays.";

    [Fact]
    public async Task A_question_is_answered_from_the_documents_with_citations_as_it_streams()
    {
        var token = TestContext.Current.CancellationToken;
        var user = await stack.NewTenantAsync(token);
        var collection = (await user.CreateAsync("/v1/collections", new { name = "handbook" }, token)).Text("id");
        var document = await user.AddReadyDocumentAsync(collection, "handbook.md", Text, token);
        var agent = (await user.CreateAsync("/v1/agents", new { name = "helper", instructions = "Answer from the passages.", collections = new[] { collection } }, token)).Text("id");

        var frames = new List<Frame>();
        await foreach (var frame in user.StreamAsync("/v1/sessions", new { agent, input = "Within how many days may a customer return an item?", stream = true }, token))
            frames.Add(frame);

        Assert.Equal("turn.started", frames[0].Event);
        Assert.Equal("turn.completed", frames[^1].Event);
        Assert.Equal(Enumerable.Range(1, frames.Count).Select(n => n.ToString(System.Globalization.CultureInfo.InvariantCulture)), frames.Select(frame => frame.Id));
        var answer = string.Concat(frames.Where(frame => frame.Event == "turn.delta").Select(frame => frame.Data.Text("text")));
        Assert.Contains("30 days", answer, StringComparison.Ordinal);
        Assert.True(frames.Count(frame => frame.Event == "turn.delta") > 3, "the answer comes in pieces");
        var citation = Assert.Single(frames, frame => frame.Event == "turn.citation").Data;
        Assert.Equal(document, citation.Text("document_id"));
        Assert.Equal("handbook.md", citation.Text("title"));
        Assert.Contains($"[{citation.Number("index")}]", answer, StringComparison.Ordinal);
        var completed = frames[^1].Data;
        Assert.True(completed["usage"].Number("prompt_tokens") > 0);
        Assert.True(completed["usage"].Number("completion_tokens") > 0);
        Assert.Equal(32, completed.Text("trace_id").Length);

        var session = frames[0].Data.Text("session_id");
        var turn = await user.GetAsync($"/v1/sessions/{session}/turns/{frames[0].Data.Text("turn_id")}", token);
        Assert.Equal("completed", turn.Text("status"));
        Assert.Equal(answer, turn["output"].Text("text"));
    }

    [Fact]
    public async Task What_happened_shows_in_the_summary_of_its_tenant_alone()
    {
        var token = TestContext.Current.CancellationToken;
        var user = await stack.NewTenantAsync(token);
        var other = await stack.NewTenantAsync(token);
        for (var n = 0; n < 3; n++)
            await user.CreateAsync("/v1/sessions", new { input = "Is anybody there?" }, token);

        // Events are published behind the answer, and other tests make the broker fail now and then.
        var patience = TimeSpan.FromMinutes(1);
        await Eventually.TrueAsync(
            async () => (await user.GetAsync("/v1/analytics/summary", token))["agent"].Number("turns") == 3, "the summary counts three turns", token, patience);
        var summary = await user.GetAsync("/v1/analytics/summary", token);
        foreach (var group in new[] { "infrastructure", "agent", "model", "quality", "business" })
            Assert.NotNull(summary[group]);
        await Eventually.TrueAsync(
            async () => (await user.GetAsync("/v1/analytics/summary", token))["model"].Number("calls") >= 3, "the summary counts a call for each turn", token, patience);
        Assert.Equal(0, (await other.GetAsync("/v1/analytics/summary", token))["agent"].Number("turns"));
    }

    [Fact]
    public async Task A_session_continues_on_either_replica()
    {
        var token = TestContext.Current.CancellationToken;
        stack.Models.Script("fake-memory", Reply.Text("I heard you."));
        var agent = (await stack.Operator.CreateAsync(
            "/v1/agents", new { name = "memory", instructions = "Listen.", model = "fake-memory", collections = Array.Empty<string>() }, token)).Text("id");
        var first = stack.At("conversation", 0, stack.Host.ApiKey);
        var second = stack.At("conversation", 1, stack.Host.ApiKey);

        var session = (await first.CreateAsync("/v1/sessions", new { agent, input = "My name is Ada." }, token)).Text("id");
        await second.CreateAsync($"/v1/sessions/{session}/turns", new { input = "And I live in Basel." }, token);
        var third = await first.CreateAsync($"/v1/sessions/{session}/turns", new { input = "What do you know of me?" }, token);

        Assert.Equal("I heard you.", third["output"].Text("text"));
        Assert.Equal(3, (await second.GetAsync($"/v1/sessions/{session}", token)).Number("turn_count"));
        var prompt = stack.Models.Requests("fake-memory")[^1].Body.List("messages").Select(message => message.Text("content")).ToList();
        Assert.Equal(["Listen.", "My name is Ada.", "I heard you.", "And I live in Basel.", "I heard you.", "What do you know of me?"], prompt);
    }

    [Fact]
    public async Task A_creating_request_with_an_idempotency_key_takes_effect_once_on_any_replica()
    {
        var token = TestContext.Current.CancellationToken;
        var user = await stack.NewTenantAsync(token);
        var key = Guid.CreateVersion7().ToString();
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => SendAsync(new { metadata = new { a = "1" } })));
        var settled = await SendAsync(new { metadata = new { a = "1" } });

        Assert.Equal(HttpStatusCode.Created, settled.Status);
        Assert.All(answers, answer => Assert.True(
            answer.Status == HttpStatusCode.Conflict || (answer.Status == HttpStatusCode.Created && answer.Body == settled.Body), $"{answer}"));
        Assert.Single((await user.GetAsync("/v1/sessions", token)).List("data"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await SendAsync(new { metadata = new { a = "2" } })).Status);

        async Task<(HttpStatusCode Status, string Body)> SendAsync(object body)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/sessions") { Content = System.Net.Http.Json.JsonContent.Create(body) };
            request.Headers.Add("Idempotency-Key", key);
            using var response = await user.Http.SendAsync(request, token);
            return (response.StatusCode, await response.Content.ReadAsStringAsync(token));
        }
    }
}
