using System.Text.Json.Nodes;
using Agents.Testing.FakeModels;

namespace Agents.Testing.Attacks;

/// <summary>
/// Replies to event tools that come twice, ten times, at once, late and in any order, among events that are foreign, broken or nobody's.
/// Each call gets its own first reply, each model call is made once, and what comes afterwards changes nothing.
/// </summary>
public sealed class RepeatedReplies(Stack stack, int seed)
{
    private const int Workers = 4;
    private const int Calls = 8;
    private const string ReplyType = "agents.tool.reply.v1";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Trials _trials = new("repeated replies");
    private int _deliveries;

    /// <param name="shuffles">Turns, each with its events in an order of its own.</param>
    /// <param name="events">Events of a turn.</param>
    /// <returns>A trial is an event.</returns>
    public async Task<Trials> RunAsync(int shuffles, int events, CancellationToken cancellationToken)
    {
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(async worker =>
        {
            var random = new Random((seed * 1_000) + worker);
            var model = stack.Models.NewModel(Reply.Text("Nothing yet."));
            var agent = (await stack.Operator.CreateAsync(
                "/v1/agents",
                new
                {
                    name = "waiting",
                    instructions = "Answer.",
                    model,
                    collections = Array.Empty<string>(),
                    tools = Enumerable.Range(0, Calls).Select(n => new { type = "event", name = $"ask{n}", event_type = "example.ask.v1", timeout_seconds = 60 }),
                },
                cancellationToken)).Text("id");
            for (var n = worker; n < shuffles; n += Workers)
                await TryAsync(model, agent, random, events, $"seed {seed}, shuffle {n}", cancellationToken);
        }));
        _trials.Note($"{shuffles} shuffles of {events} events; {_deliveries} of the events were replies that had been sent before");
        return _trials;
    }

    private async Task TryAsync(string model, string agent, Random random, int events, string which, CancellationToken cancellationToken)
    {
        var asked = stack.Models.Requests(model).Count;
        stack.Models.Script(model, Reply.ToolCalls([.. Enumerable.Range(0, Calls).Select(n => ($"ask{n}", "{}"))]), Reply.Text("Done."));
        var calls = new Dictionary<string, string>();
        string? path = null;
        Task saying = Task.CompletedTask;
        await foreach (var frame in stack.Operator.StreamAsync("/v1/sessions", new { agent, input = "Ask them.", stream = true }, cancellationToken))
        {
            path ??= $"/v1/sessions/{frame.Data.Text("session_id")}/turns/{frame.Data.Text("turn_id")}";
            if (frame.Event != "turn.tool" || frame.Data.Text("status") != "started")
                continue;
            calls[frame.Data.Text("tool_name")] = frame.Data.Text("tool_call_id");
            if (calls.Count == Calls)
                saying = SayAsync(Shuffled(calls, random, events), Replies(calls), () => stack.Models.Requests(model).Count > asked + 1, cancellationToken);
        }
        await saying;
        var told = Results(model);
        _trials.Expect(Enumerable.Range(0, Calls).All(n => n < told.Count && told[n] == Answer(calls[$"ask{n}"])), () => $"{which}: the model was told {string.Join(" | ", told)}");

        // Later, and with something else to say.
        var before = (await stack.Operator.GetAsync(path!, cancellationToken)).ToJsonString();
        await stack.Publisher.SayAsync(Replies(calls).Concat(calls.Values.Select(call => Json(call, "something else"))), cancellationToken);
        _trials.Expect((await stack.Operator.GetAsync(path!, cancellationToken)).ToJsonString() == before, () => $"{which}: the turn changed after its end");
        _trials.Expect(stack.Models.Requests(model).Count == asked + 2, () => $"{which}: {stack.Models.Requests(model).Count - asked} model calls");
    }

    private async Task SayAsync(List<string> first, IEnumerable<string> replies, Func<bool> answered, CancellationToken cancellationToken)
    {
        _trials.Begin(first.Count);
        await stack.Publisher.SayAsync(first, cancellationToken);
        // A reply that came before its tool waited is dropped, so replies are sent until they count.
        await Eventually.TrueAsync(
            async () =>
            {
                if (!answered())
                    await stack.Publisher.SayAsync(replies, cancellationToken);
                return answered();
            },
            "every call has its reply", cancellationToken, Patience);
    }

    /// <summary>Every right reply two to ten times, and what else may come, in any order.</summary>
    private List<string> Shuffled(Dictionary<string, string> calls, Random random, int events)
    {
        var all = calls.Values.SelectMany(call => Enumerable.Repeat(Json(call, Answer(call)), random.Next(2, 11))).ToList();
        Interlocked.Add(ref _deliveries, all.Count - Calls);
        // Nobody's, so that no change makes it somebody's other answer.
        var good = Json("turn_nobody.0.0", "nobody's");
        while (all.Count < events)
            all.Add(random.Next(4) == 0 ? Mutation.OfJson(good, random) : Foreign(calls.Values.First(), random));
        var shuffled = all.ToArray();
        random.Shuffle(shuffled);
        return [.. shuffled];
    }

    private static string Foreign(string call, Random random) => random.Next(6) switch
    {
        0 => Json("turn_nobody.0.0", "nobody's"),
        1 => Json(call + "0", "another call's"),
        2 => Publisher.Event("example.other.v1", new JsonObject { ["tool_call_id"] = call, ["result"] = "another type's" }).ToJsonString(),
        3 => Publisher.Event(ReplyType, new JsonObject { ["tool_call_id"] = 7, ["result"] = "a number's" }).ToJsonString(),
        4 => Publisher.Event(ReplyType, JsonValue.Create("no object")).ToJsonString(),
        _ => Publisher.Event(ReplyType, new JsonObject { ["result"] = "no call's" }).ToJsonString(),
    };

    private static IEnumerable<string> Replies(Dictionary<string, string> calls) => calls.Values.Select(call => Json(call, Answer(call)));

    private static string Answer(string call) => $"{call} says yes";

    // The id is the call's: whoever answers twice answers under the same one.
    private static string Json(string call, string result) =>
        Publisher.Event(ReplyType, new JsonObject { ["tool_call_id"] = call, ["result"] = result }, $"reply-{call}").ToJsonString();

    private List<string> Results(string model) =>
        [.. stack.Models.Requests(model)[^1].Body.List("messages").Where(message => message.Text("role") == "tool").Select(message => message.Text("content"))];
}
