using System.Collections.Concurrent;
using System.Globalization;
using System.Net;

namespace Agents.Torture.Jobs;

/// <summary>What a receiver of webhooks does with one.</summary>
internal enum Manner
{
    Take,
    Refuse,
    AskForPatience,
    Redirect,
    BreakOff,

    /// <summary>Accepts the request and never answers.</summary>
    KeepSilent,

    /// <summary>Says yes, and then sends its body for ever, slowly.</summary>
    Dribble,
    BeGone,
}

/// <summary>A webhook as it arrived.</summary>
internal sealed record Arrival(string Id, long Timestamp, string Signature, string Body, DateTimeOffset At);

/// <summary>Receives webhooks over real HTTP, each path as its script says.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Func<Arrival, Manner>> _scripts = new();
    private readonly ConcurrentDictionary<string, Func<DateTimeOffset>> _clocks = new();
    private readonly WebApplication _app;

    /// <summary>Seconds that <see cref="Manner.AskForPatience"/> asks for.</summary>
    public const int Patience = 900;

    private Receiver()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost("/{name}", ReceiveAsync);
    }

    public string Authority => new Uri(_app.Urls.Single()).Authority;

    public static async Task<Receiver> StartAsync()
    {
        var receiver = new Receiver();
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <summary>An address with a script; the clock says when something arrives.</summary>
    public string Open(string name, Func<DateTimeOffset> clock, Func<Arrival, Manner> script)
    {
        (_clocks[name], _scripts[name]) = (clock, script);
        return $"http://{Authority}/{name}";
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task ReceiveAsync(string name, HttpContext context)
    {
        var headers = context.Request.Headers;
        using var reader = new StreamReader(context.Request.Body);
        var arrival = new Arrival(
            headers["webhook-id"].ToString(), long.Parse(headers["webhook-timestamp"].ToString(), CultureInfo.InvariantCulture), headers["webhook-signature"].ToString(),
            await reader.ReadToEndAsync(), _clocks[name]());
        switch (_scripts[name](arrival))
        {
            case Manner.Take:
                context.Response.StatusCode = (int)HttpStatusCode.NoContent;
                break;
            case Manner.AskForPatience:
                context.Response.StatusCode = (int)HttpStatusCode.TooManyRequests;
                context.Response.Headers.RetryAfter = Patience.ToString(CultureInfo.InvariantCulture);
                break;
            case Manner.Redirect:
                context.Response.Redirect("/elsewhere");
                break;
            case Manner.BeGone:
                context.Response.StatusCode = (int)HttpStatusCode.Gone;
                break;
            case Manner.BreakOff:
                context.Abort();
                break;
            case Manner.KeepSilent:
                await UntilAbortedAsync(context);
                break;
            case Manner.Dribble:
                await context.Response.WriteAsync("a");
                await UntilAbortedAsync(context);
                break;
            default:
                context.Response.StatusCode = (int)HttpStatusCode.InternalServerError;
                break;
        }
    }

    private static async Task UntilAbortedAsync(HttpContext context)
    {
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = context.RequestAborted.Register(aborted.SetResult);
        await aborted.Task;
    }
}
