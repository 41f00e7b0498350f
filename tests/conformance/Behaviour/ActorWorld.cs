using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Agents.Conformance.Processes;

namespace Agents.Conformance.Behaviour;

/// <summary>A runtime with replicas of one app that hosts actors of type T; each replica notes its calls and answers its own name.</summary>
internal sealed class ActorWorld : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, int> _inside = new();
    private int _replicas;

    public World World { get; } = new();

    public List<TestApp> Replicas { get; } = [];

    /// <summary>How often an app saw two turns of one actor at once.</summary>
    public int Overlaps;

    /// <summary>Settings beside the entities in the answer to GET /dapr/config.</summary>
    public string Config { get; set; } = "\"actorIdleTimeout\":\"1h\"";

    /// <summary>What a method does before it answers.</summary>
    public Func<TestApp, AppCall, HttpContext, Task> Method { get; set; } = static (_, _, _) => Task.CompletedTask;

    public TestApp AddReplica(string extra = "")
    {
        TestApp? app = null;
        var name = $"replica-{_replicas++}";
        app = World.AddApp("host", async (call, http) => await AnswerAsync(app!, name, call, http), extra);
        Replicas.Add(app);
        return app;
    }

    public async Task StartAsync(CancellationToken cancel, bool startApps = true)
    {
        World.Place.AddComponent("store", "state.sqlite", ("connectionString", World.Place.PathTo("state.db")), ("actorStateStore", "true"));
        await World.StartAsync(cancel, startApps);
    }

    /// <summary>Calls a method and gives the name of the replica that answered.</summary>
    public static async Task<string> CallAsync(Api api, string actor, CancellationToken cancel, string method = "who", string? chain = null)
    {
        using var response = await TryCallAsync(api, actor, cancel, method, chain);
        var text = await response.Content.ReadAsStringAsync(cancel);
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"{(int)response.StatusCode} {text}");
        return text;
    }

    public static async Task<HttpResponseMessage> TryCallAsync(Api api, string actor, CancellationToken cancel, string method = "who", string? chain = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1.0/actors/T/{actor}/method/{method}");
        if (chain is not null) request.Headers.Add("Dapr-Reentrancy-Id", chain);
        return await api.Http.SendAsync(request, cancel);
    }

    public static Task<HttpResponseMessage> RemindAsync(Api api, string actor, string name, string body, CancellationToken cancel) =>
        api.Http.PostAsync($"/v1.0/actors/T/{actor}/reminders/{name}", new StringContent(body, Encoding.UTF8, "application/json"), cancel);

    /// <summary>The calls of one kind that any replica had: method/who, method/remind/x, or a DELETE with an empty kind.</summary>
    public IEnumerable<AppCall> Calls(string actor, string kind = "") => Replicas.SelectMany(app => app.Calls)
        .Where(call => kind.Length == 0 ? call.Method == "DELETE" && call.Path == $"/actors/T/{actor}" : call.Path == $"/actors/T/{actor}/{kind}");

    public async ValueTask DisposeAsync() => await World.DisposeAsync();

    public static async Task<JsonNode> MetadataAsync(Api api, CancellationToken cancel) =>
        (await api.Http.GetFromJsonAsync<JsonNode>("/v1.0/metadata", cancel))!;

    private async Task AnswerAsync(TestApp app, string name, AppCall call, HttpContext http)
    {
        if (call.Path == "/dapr/config")
        {
            await http.Response.WriteAsync($$"""{"entities":["T"],{{Config}}}""");
        }
        else if (call.Path == "/dapr/subscribe")
        {
            await http.Response.WriteAsync("[]");
        }
        else if (call.Path.StartsWith("/actors/", StringComparison.Ordinal) && call.Method == "PUT")
        {
            var actor = call.Path.Split('/')[3];
            var reentrant = call.Headers.ContainsKey("Dapr-Reentrancy-Id");
            if (_inside.AddOrUpdate(actor, 1, (_, count) => count + 1) > 1 && !reentrant) Interlocked.Increment(ref Overlaps);
            try
            {
                await Method(app, call, http);
            }
            finally
            {
                _inside.AddOrUpdate(actor, 0, (_, count) => count - 1);
            }

            if (!http.Response.HasStarted && http.Response.StatusCode == 200) await http.Response.WriteAsync(name);
        }
    }
}
