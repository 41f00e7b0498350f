using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Agents.Conformance.Processes;

namespace Agents.Conformance.Replay;

/// <summary>What the recorded apps answered, case by case.</summary>
internal sealed class ScriptedApps
{
    /// <summary>As recorded, with a shorter idle timeout than 30 s, so that the replay need not wait so long for it.</summary>
    private const string ActorConfig =
        """{"entities":["Counter","Slow","Idle"],"actorIdleTimeout":"8s","actorScanInterval":"1s","drainOngoingCallTimeout":"5s","drainRebalancedActors":true,"reentrancy":{"enabled":false},"entitiesConfig":[{"entities":["Idle"],"actorIdleTimeout":"3s"},{"entities":["Reent"],"reentrancy":{"enabled":true,"maxStackDepth":4}}]}""";

    private const string Bulk = """{"enabled":true,"maxMessagesCount":5,"maxAwaitDurationMs":500}""";

    private static readonly TimeSpan CompanyLimit = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<(string App, string Path), ConcurrentQueue<RecordedCall>> _replies = [];
    private TranscriptCase? _case;

    /// <summary>Whether the apps' health probes succeed.</summary>
    public bool Healthy { get; set; } = true;

    /// <summary>Calls of actors, in the order in which they began.</summary>
    public ConcurrentQueue<AppSpan> Spans { get; } = new();

    /// <summary>How many calls of actors must have begun until the first, the second, ... is answered.</summary>
    public IReadOnlyList<int> Company { get; set; } = [];

    /// <summary>Takes the replies of a case; those of the case before are forgotten.</summary>
    public void Load(TranscriptCase recorded)
    {
        _case = recorded;
        Load(recorded.Calls);
    }

    /// <summary>Takes these replies.</summary>
    public void Load(IEnumerable<RecordedCall> calls)
    {
        _replies.Clear();
        foreach (var call in calls) _replies.GetOrAdd((call.App, call.Path), _ => new()).Enqueue(call);
    }

    public async Task AnswerAsync(AppCall call, HttpContext http)
    {
        var span = new AppSpan(call.PathAndQuery, call.Text, Environment.TickCount64);
        // An idle actor that is let go meanwhile belongs to no case.
        if (call.Method == "PUT" && call.Path.StartsWith("/actors/", StringComparison.Ordinal)) Spans.Enqueue(span);
        var company = Company.Zip(Spans).Where(pair => pair.Second == span).Select(pair => pair.First).SingleOrDefault();
        await Wait.ForAsync(() => Spans.Count >= company, CompanyLimit, http.RequestAborted);
        await ChooseAnswerAsync(call, http);
        span.End = Environment.TickCount64;
    }

    private async Task ChooseAnswerAsync(AppCall call, HttpContext http)
    {
        var response = http.Response;
        if (call.Path == "/dapr/subscribe")
        {
            response.ContentType = "application/json";
            await response.WriteAsync(Subscriptions(call.App));
        }
        else if (call.Path == "/healthz")
        {
            response.StatusCode = Healthy ? 200 : 500;
        }
        else if (_replies.TryGetValue((call.App, call.PathAndQuery), out var queue) && queue.TryDequeue(out var reply))
        {
            await ReplyAsync(call, reply, http);
        }
        else if (call.PathAndQuery.StartsWith("/inv/slow", StringComparison.Ordinal))
        {
            await Task.Delay(1500, http.RequestAborted);
        }
        else if (call.Path == "/dapr/config")
        {
            if (call.App == "alpha") await response.WriteAsync(ActorConfig);
            else response.StatusCode = 404;
        }
    }

    private async Task ReplyAsync(AppCall call, RecordedCall reply, HttpContext http)
    {
        if (reply.ReplyStatus == 0)
        {
            http.Abort();
            return;
        }

        if (http.Request.Query.TryGetValue("ms", out var ms))
        {
            await Task.Delay(int.Parse(ms!, System.Globalization.CultureInfo.InvariantCulture), http.RequestAborted);
        }

        var body = Body(call, reply);
        http.Response.StatusCode = reply.ReplyStatus ?? 200;
        var streamed = reply.ReplyBody.StartsWith('(');
        if (streamed)
        {
            // The recorder noted streams in words; head and body are those the caller saw.
            foreach (var (name, value) in _case!.ResponseHeaders.Where(header => header.Name is "Content-Type" or "Cache-Control"))
                http.Response.Headers[name] = value;
        }

        foreach (var (name, value) in reply.ReplyHeaders) http.Response.Headers[name] = value;
        if (http.Response.StatusCode is 204 or 304 || http.Request.Method == "HEAD") return;
        await http.Response.Body.WriteAsync(body);
    }

    private byte[] Body(AppCall call, RecordedCall reply)
    {
        if (reply.ReplyBody.StartsWith('(')) return Encoding.UTF8.GetBytes(_case!.ResponseBody);
        if (reply.ReplyHeaders.GetValueOrDefault("content-type") == "application/octet-stream")
            return Convert.FromBase64String(reply.ReplyBody);
        if (reply.ReplyBody.EndsWith("...", StringComparison.Ordinal)) return Encoding.UTF8.GetBytes(_case!.ResponseBody);
        return Encoding.UTF8.GetBytes(reply.ReplyBody.StartsWith("{\"statuses\"", StringComparison.Ordinal) ? Statuses(call, reply) : reply.ReplyBody);
    }

    /// <summary>The recorded statuses of bulk entries, given to the entries that now carry the same events.</summary>
    private static string Statuses(AppCall call, RecordedCall reply)
    {
        var recorded = Entries(reply.Body).ToDictionary(entry => entry.Id, entry => entry.Data);
        var real = Entries(call.Text);
        var statuses = new JsonArray();
        foreach (var status in JsonNode.Parse(reply.ReplyBody)!["statuses"]!.AsArray())
        {
            var data = recorded[status!["entryId"]!.GetValue<string>()];
            var at = Math.Max(0, real.FindIndex(entry => entry.Data == data));
            statuses.Add(new JsonObject { ["entryId"] = real[at].Id, ["status"] = status["status"]!.GetValue<string>() });
            if (real.Count > 1) real.RemoveAt(at);
        }

        return new JsonObject { ["statuses"] = statuses }.ToJsonString();
    }

    private static List<(string Id, string Data)> Entries(string body) =>
        [.. JsonNode.Parse(body)!["entries"]!.AsArray().Select(entry => (
            entry!["entryId"]!.GetValue<string>(),
            entry["event"] is JsonObject cloudEvent ? cloudEvent["data"]!.ToJsonString() : entry["event"]!.ToJsonString()))];

    private static string Subscriptions(string app) => app == "beta"
        ? $"[{Route("t-ok", "ok")},{Route("t-fan", "ok")}]"
        : "[" + string.Join(
            ',',
            Route("t-ok", "ok"), Route("t-success", "success"), Route("t-retry", "retry"), Route("t-drop", "drop"), Route("t-404", "404"),
            Route("t-500", "fail500"), Route("t-badstatus", "badstatus"), Route("t-text", "text"), Route("t-204", "204"),
            Route("t-dl", "always500", dead: "t-dl-dead"), Route("t-dl-retry", "alwaysretry", dead: "t-dl-dead"),
            Route("t-dl-drop", "drop", dead: "t-dl-dead"), Route("t-dl-404", "404", dead: "t-dl-dead"), Route("t-dl-dead", "dead"),
            Route("t-raw", "raw", raw: true), Route("t-bulk", "bulk", bulk: true), Route("t-bulk-part", "bulkpart", bulk: true),
            Route("t-bulk-raw", "bulk", raw: true, bulk: true), Route("t-bulk-500", "bulk500", bulk: true),
            Rules("t-rules", "event.data.kind == \\\"special\\\""), Rules("t-rules2", "has(event.data.kind) && event.data.kind == \\\"special\\\""),
            """{"pubsubname":"pubsub","topic":"t-nodefault","routes":{"rules":[{"match":"event.type == \"never\"","path":"/sub/rule-never"}]}}""",
            Route("m-ok", "ok", "pubsubmem"), Route("m-retry", "retry", "pubsubmem"), Route("m-drop", "drop", "pubsubmem"),
            Route("m-500", "fail500", "pubsubmem"), Route("m-404", "404", "pubsubmem"), Route("m-dl", "always500", "pubsubmem", "m-dl-dead"),
            Route("m-dl-dead", "dead", "pubsubmem"), Route("m-raw", "raw", "pubsubmem", raw: true), Route("m-bulk", "bulk", "pubsubmem", bulk: true),
            Route("x", "ok", "nosuchpubsub")) + "]";

    private static string Route(string topic, string route, string pubsub = "pubsub", string dead = "", bool raw = false, bool bulk = false) =>
        $$"""{"pubsubname":"{{pubsub}}","topic":"{{topic}}","route":"/sub/{{route}}"{{(dead.Length > 0 ? $",\"deadLetterTopic\":\"{dead}\"" : "")}}""" +
        (raw ? ",\"metadata\":{\"rawPayload\":\"true\"}" : "") + (bulk ? $",\"bulkSubscribe\":{Bulk}" : "") + "}";

    private static string Rules(string topic, string special) =>
        $$$"""{"pubsubname":"pubsub","topic":"{{{topic}}}","routes":{"default":"/sub/rule-default","rules":[{"match":"event.type == \"order.v2\"","path":"/sub/rule-v2"},{"match":"{{{special}}}","path":"/sub/rule-special"}]}}""";
}
