using System.Globalization;
using System.Text.Json.Nodes;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Agents.Testing.Storms;

namespace Agents.Torture.Jobs;

/// <summary>
/// Tools that wait for a reply by event, and replies that are not theirs: altered ids, other types, broken bodies, replays and contradictions,
/// one after the other and a hundred at once. Each tool's result is the one reply that was meant for it.
/// </summary>
internal static class ToolReplies
{
    private const int HostilePerCall = 50;
    private const string CallType = "example.approve.v1";
    private const string ReplyType = "agents.tool.reply.v1";

    public static async Task<bool> RunAsync(TortureOptions options, CancellationToken cancellationToken)
    {
        await using var stack = new FrailStack();
        await stack.InitializeAsync();
        return await RunAsync(stack, options, Console.WriteLine, cancellationToken);
    }

    /// <param name="stack">Has the guest <c>ear</c>.</param>
    public static async Task<bool> RunAsync(Stack stack, TortureOptions options, Action<string> say, CancellationToken cancellationToken)
    {
        await using var ear = await EventEar.StartAsync(stack.Host.Guests.Single(guest => guest.AppId == FrailStack.Ear));
        var owner = await stack.NewTenantAsync(cancellationToken);
        var model = stack.Models.NewModel(Reply.Choose(request =>
            request.Body.List("messages")[^1].Text("role") == "tool" ? Reply.Text("Thanks.") : Reply.ToolCall("approve", "{}")));
        var agent = (await owner.CreateAsync(
            "/v1/agents",
            new { name = "x", instructions = "x", model, collections = Array.Empty<string>(), tools = new[] { new { type = "event", name = "approve", event_type = CallType, timeout_seconds = 60 } } },
            cancellationToken)).Text("id");
        var random = new Random(options.Seed);
        var (calls, sent) = (Math.Max(1, options.Count / HostilePerCall), 0);
        var expected = new List<string>();
        for (var n = 0; n < calls; n++)
        {
            var job = (await owner.CreateAsync("/v1/jobs", new { agent, input = "May I?" }, cancellationToken)).Text("id");
            JsonNode? call = null;
            await Eventually.TrueAsync(
                () => (call = ear.Heard.FirstOrDefault(heard => heard["type"]?.ToString() == CallType && heard["data"].Text("session") == job)?["data"]) is not null,
                "the call is heard", cancellationToken, TimeSpan.FromSeconds(60));
            var id = call.Text("tool_call_id");
            var hostile = Enumerable.Range(0, HostilePerCall / 2).Select(_ => Hostile(id, random)).ToList();
            foreach (var (type, data) in hostile)
                await stack.PublishEventAsync(type, Guid.CreateVersion7().ToString(), data, cancellationToken);
            var answer = string.Create(CultureInfo.InvariantCulture, $"yes-{n}");
            expected.Add(answer);
            await stack.PublishEventAsync(ReplyType, $"{id}.reply", Of(id, answer), cancellationToken);
            await EndedAsync(owner, job, cancellationToken);
            // Too late, all at once: the same again, and its contrary.
            await Task.WhenAll(Enumerable.Range(0, HostilePerCall / 2).Select(
                late => stack.PublishEventAsync(ReplyType, $"{id}.reply", Of(id, late % 2 == 0 ? answer : "no"), cancellationToken)));
            sent += 2 * (HostilePerCall / 2);
        }
        var results = stack.Models.Requests(model).Select(request => request.Body.List("messages")[^1])
            .Where(message => message.Text("role") == "tool").Select(message => message.Text("content")).ToList();
        var wrong = results.Count(result => !expected.Contains(result)) + Math.Abs(results.Count - expected.Count);
        var asked = stack.Models.Requests(model).Count;
        say(string.Create(CultureInfo.InvariantCulture, $"""
            replies              {sent} hostile ones to {calls} calls; taken {wrong}{Statistics.Bound(wrong, sent)}
            model                asked {asked} times, twice for each call
            """));
        return wrong == 0 && asked == 2 * calls && results.SequenceEqual(expected);
    }

    private static async Task EndedAsync(ApiClient owner, string job, CancellationToken cancellationToken)
    {
        JsonNode? found = null;
        await Eventually.TrueAsync(
            async () => (found = await owner.GetAsync($"/v1/jobs/{job}", cancellationToken)).Text("status") is not ("queued" or "running"), "the job ends", cancellationToken, TimeSpan.FromSeconds(60));
        if (found.Text("status") != "succeeded")
            throw new InvalidOperationException(found?.ToJsonString());
    }

    private static JsonObject Of(string call, string result) => new() { ["tool_call_id"] = call, ["result"] = result };

    private static (string Type, JsonNode? Data) Hostile(string call, Random random) => random.Next(9) switch
    {
        0 => (CallType, Of(call, "the type of the call")),
        1 => ("agents.tool.reply.v2", Of(call, "another version")),
        2 => (ReplyType, new JsonObject { ["tool_call_id"] = 7, ["result"] = "no text" }),
        3 => (ReplyType, new JsonObject { ["tool_call_id"] = call }),
        4 => (ReplyType, new JsonArray(Of(call, "a list"))),
        5 => (ReplyType, JsonValue.Create(call)),
        6 => (ReplyType, null),
        7 => (ReplyType, Of(call + random.Next(10), "a longer id")),
        _ => (ReplyType, Of(Altered(call, random), "an altered id")),
    };

    private static string Altered(string call, Random random)
    {
        var at = random.Next(call.Length);
        return $"{call[..at]}{(call[at] == 'x' ? 'y' : 'x')}{call[(at + 1)..]}";
    }
}
