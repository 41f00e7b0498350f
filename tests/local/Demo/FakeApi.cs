using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace Agents.Local.Tests.Demo;

/// <summary>The few routes a demo calls, on a real socket; anything else is a failure of the test.</summary>
internal sealed class FakeApi : IAsyncDisposable
{
    public const string Key = "the-api-key-of-the-demo";

    private readonly WebApplication _app;
    private readonly List<JsonObject> _collections = [];
    private readonly List<JsonObject> _agents = [];
    private readonly ConcurrentDictionary<string, JsonObject> _documents = new();
    private int _looks;
    private int _uploads;

    private FakeApi(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.Single());

    public ConcurrentQueue<string> Unexpected { get; } = [];

    public ICollection<JsonObject> Documents => _documents.Values;

    public IReadOnlyList<JsonObject> Agents => _agents;

    public JsonObject? Asked { get; private set; }

    /// <summary>The answer's frames; each is sent when the one before was flushed.</summary>
    public IReadOnlyList<(string Event, string Data)> Answer { get; set; } = [];

    /// <summary>Titles of documents whose ingestion fails.</summary>
    public string? FailingTitle { get; init; }

    /// <summary>Titles of documents refused at once.</summary>
    public string? RefusedTitle { get; init; }

    /// <summary>How many uploads are told to come back later.</summary>
    public int Busy { get; init; }

    public static async Task<FakeApi> StartAsync(string? failingTitle = null, string? refusedTitle = null, int busy = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var api = new FakeApi(app) { FailingTitle = failingTitle, RefusedTitle = refusedTitle, Busy = busy };
        app.Run(api.AnswerAsync);
        await app.StartAsync();
        return api;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.Headers.Authorization != $"Bearer {Key}")
        {
            context.Response.StatusCode = 401;
            return;
        }

        var body = request.Method == "POST" ? (await JsonNode.ParseAsync(request.Body))!.AsObject() : [];
        switch ($"{request.Method} {request.Path}")
        {
            case "GET /v1/collections":
                await context.Response.WriteAsJsonAsync(Page(_collections.Select(Shown), request));
                break;
            case "GET /v1/agents":
                await context.Response.WriteAsJsonAsync(Page(_agents, request));
                break;
            case "POST /v1/collections":
                await context.Response.WriteAsJsonAsync(Shown(Add(_collections, "coll_", body)));
                break;
            case "POST /v1/agents":
                await context.Response.WriteAsJsonAsync(Add(_agents, "agent_", body));
                break;
            case "GET /v1/collections/coll_1":
                _looks++;
                await context.Response.WriteAsJsonAsync(Shown(_collections[0]));
                break;
            case "GET /v1/collections/coll_1/documents":
                await context.Response.WriteAsJsonAsync(Page(_documents.Values, request));
                break;
            case "POST /v1/collections/coll_1/documents":
                await UploadAsync(context, body);
                break;
            case "POST /v1/sessions":
                Asked = body;
                await StreamAsync(context);
                break;
            default:
                Unexpected.Enqueue($"{request.Method} {request.Path}");
                context.Response.StatusCode = 404;
                break;
        }
    }

    private async Task UploadAsync(HttpContext context, JsonObject body)
    {
        if (Interlocked.Increment(ref _uploads) <= Busy)
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "0";
            return;
        }

        var title = body["title"]!.GetValue<string>();
        if (title == RefusedTitle)
        {
            context.Response.StatusCode = 413;
            await context.Response.WriteAsJsonAsync(new { detail = "That is too much." });
            return;
        }

        body["id"] = "doc_" + title;
        body["status"] = title == FailingTitle ? "failed" : "ready";
        body["error"] = title == FailingTitle ? "it makes no sense" : null;
        _documents[context.Request.Headers["Idempotency-Key"].Single()!] = body;
        context.Response.StatusCode = 202;
        await context.Response.WriteAsJsonAsync(body);
    }

    private async Task StreamAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        foreach (var (name, data) in Answer)
        {
            await context.Response.WriteAsync($"event: {name}\ndata: {data}\n\n");
            await context.Response.Body.FlushAsync();
        }
    }

    /// <summary>At the first look everything is still pending.</summary>
    private JsonObject Shown(JsonObject collection)
    {
        var failed = _documents.Values.Count(document => document["status"]!.GetValue<string>() == "failed");
        var ready = _looks > 1 ? _documents.Count - failed : 0;
        return new JsonObject
        {
            ["id"] = collection["id"]!.GetValue<string>(),
            ["name"] = collection["name"]!.GetValue<string>(),
            ["documents"] = new JsonObject
            {
                ["queued"] = _documents.Count - failed - ready,
                ["indexing"] = 0,
                ["ready"] = ready,
                ["failed"] = failed,
            },
        };
    }

    private static JsonObject Add(List<JsonObject> list, string prefix, JsonObject item)
    {
        item["id"] = prefix + (list.Count + 1);
        list.Add(item);
        return item;
    }

    /// <summary>Pages of two, so that paging is needed.</summary>
    private static JsonObject Page(IEnumerable<JsonObject> items, HttpRequest request)
    {
        var rest = items.SkipWhile(item => request.Query.ContainsKey("after") && item["id"]!.GetValue<string>() != request.Query["after"])
            .Skip(request.Query.ContainsKey("after") ? 1 : 0).ToList();
        var page = rest.Take(2).Select(item => item.DeepClone()).ToArray();
        return new JsonObject
        {
            ["object"] = "list",
            ["last_id"] = page.LastOrDefault()?["id"]!.GetValue<string>(),
            ["has_more"] = rest.Count > 2,
            ["data"] = new JsonArray(page),
        };
    }
}
