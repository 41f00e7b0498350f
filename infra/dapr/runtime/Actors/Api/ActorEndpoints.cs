using System.Text.Json;
using Agents.LocalRuntime.Actors.Hosting;
using Agents.LocalRuntime.Actors.Schedules;
using Agents.LocalRuntime.Actors.Turns;
using Agents.LocalRuntime.Http;
using Agents.LocalRuntime.Invocation;
using Agents.LocalRuntime.Json;
using Agents.LocalRuntime.Resiliency;

namespace Agents.LocalRuntime.Actors.Api;

/// <summary>The actor API: <c>/v1.0/actors/{type}/{id}/method|state|reminders|timers/...</c></summary>
internal static class ActorEndpoints
{
    /// <summary>How long a caller waits for its own app's first appearance.</summary>
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(1);

    /// <summary>Written anew for each call, or nobody's business.</summary>
    private static readonly HashSet<string> OwnHeaders = new(StringComparer.OrdinalIgnoreCase)
    {
        "dapr-api-call", "dapr-caller-app-id", "dapr-caller-namespace", "X-Dapr-Remote",
    };

    /// <summary>Answers the request, or says that no actor route fits it.</summary>
    public static bool TryHandle(ApiRequest request, string version, out Task done)
    {
        var path = request.Path;
        var kind = path.Count > 4 && version == "v1.0" ? path.Raw(4) : "";
        done = (kind, path.Count) switch
        {
            ("method", 6) when request.IsWrite || request.IsGet || request.IsDelete => InvokeAsync(request),
            ("state", 5) when request.IsWrite => ActorStateEndpoints.TransactAsync(request, Key(request)),
            ("state", 6) when request.IsGet => ActorStateEndpoints.GetAsync(request, Key(request)),
            ("timers", 6) when request.IsWrite => CreateTimerAsync(request),
            ("timers", 6) when request.IsDelete => DeleteTimerAsync(request),
            ("reminders", 6) when request.IsWrite => CreateReminderAsync(request),
            ("reminders", 6) when request.IsGet => GetReminderAsync(request),
            ("reminders", 6) when request.IsDelete => DeleteReminderAsync(request),
            _ => null!,
        };
        return done is not null;
    }

    /// <summary>The whole body as this API refuses it.</summary>
    public static async ValueTask<T> ReadAsync<T>(ApiRequest request, Func<byte[], T> read)
    {
        try
        {
            return read(await request.ReadBodyAsync());
        }
        catch (JsonException error)
        {
            throw Malformed(JsonProblem.Describe(error));
        }
        catch (BodyTooLargeException error)
        {
            throw Malformed(error.Message);
        }
    }

    private static async Task InvokeAsync(ApiRequest request)
    {
        var key = Key(request);
        var method = Name(request, "method");
        var host = request.Sidecar.Actors;
        var body = await ReadAsync(request, static bytes => bytes);
        await WaitUntilInitializedAsync(request, host);
        var call = new ActorCall(host, key, "method/" + MethodPath.Escape(method), body)
        {
            Query = request.Http.Request.QueryString.Value ?? "",
            Headers = Headers(request),
            Chain = request.Http.Request.Headers[ActorCall.ChainHeader].ToString() is { Length: > 0 } chain ? chain : null,
            IsApiCall = true,
        };
        ActorAnswer answer;
        try
        {
            answer = await host.Network.Router.CallAsync(call, request.Aborted);
        }
        catch (StackDepthException error)
        {
            throw new ApiException(500, "ERR_ACTOR_STACK_DEPTH", error.Message);
        }
        catch (Exception error) when (error is ActorCallException or TimeoutException or CircuitOpenException or QueueFullException)
        {
            throw Failed(error.Message);
        }

        if (answer.Status == 404) throw Failed($"actor method not found: {call.Key.AppPath}/{call.Target}");
        if (answer.Status != 200) throw Failed($"error from actor service: ({answer.Status}) {System.Text.Encoding.UTF8.GetString(answer.Body)}");
        await WriteAsync(request, answer);
    }

    private static async Task WriteAsync(ApiRequest request, ActorAnswer answer)
    {
        var response = request.Http.Response;
        foreach (var (name, values) in answer.Headers)
        {
            if (!HopByHop.Headers.Contains(name)) response.Headers[name] = values;
        }

        response.ContentType ??= "application/json";
        response.ContentLength = answer.Body.Length;
        await response.BodyWriter.WriteAsync(answer.Body, request.Aborted);
    }

    private static async Task CreateTimerAsync(ApiRequest request)
    {
        var (key, name) = (Key(request), Name(request, "timer name"));
        var host = request.Sidecar.Actors;
        var body = await ReadAsync(request, static bytes => ScheduleBody.Read(bytes));
        await WaitUntilInitializedAsync(request, host);
        host.Network.Timers.Create(host, key, name, body);
        request.NoContent();
    }

    private static Task DeleteTimerAsync(ApiRequest request)
    {
        request.Sidecar.Actors.Network.Timers.Delete(Key(request), Name(request, "timer name"));
        request.NoContent();
        return Task.CompletedTask;
    }

    private static async Task CreateReminderAsync(ApiRequest request)
    {
        var (key, name) = (Key(request), Name(request, "reminder name"));
        var body = await ReadAsync(request, static bytes => ScheduleBody.Read(bytes));
        var (host, reminders) = await HostedAsync(request, key);
        await reminders.CreateAsync(Reminder.Read(host.Network.Name, key, name, body, host.Now), body.Overwrite);
        request.NoContent();
    }

    private static async Task GetReminderAsync(ApiRequest request)
    {
        var (key, name) = (Key(request), Name(request, "reminder name"));
        var (host, reminders) = await HostedAsync(request, key);
        var reminder = reminders.Find(host.Network.Name, key, name)
            ?? throw new ApiException(404, "ERR_ACTOR_REMINDER_NOT_FOUND", $"actor reminder not found: {name}");
        await request.JsonAsync(ReminderBody.Write(reminder));
    }

    private static async Task DeleteReminderAsync(ApiRequest request)
    {
        var (key, name) = (Key(request), Name(request, "reminder name"));
        var (host, reminders) = await HostedAsync(request, key);
        await reminders.DeleteAsync(host.Network.Name, key, name);
        request.NoContent();
    }

    private static async Task<(ActorHost Host, Reminders Reminders)> HostedAsync(ApiRequest request, ActorKey key)
    {
        var host = request.Sidecar.Actors;
        await WaitUntilInitializedAsync(request, host);
        if (host.Hosts(key.Type) && host.Reminders is { } reminders) return (host, reminders);
        throw new ApiException(403, "ERR_ACTOR_REMINDER_NON_HOSTED", "operations on actor reminders are only possible on hosted actor types");
    }

    private static async Task WaitUntilInitializedAsync(ApiRequest request, ActorHost host)
    {
        if (host.IsInitialized) return;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(request.Aborted);
        limit.CancelAfter(StartLimit);
        try
        {
            await host.WaitUntilInitializedAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!request.Aborted.IsCancellationRequested)
        {
            throw new ApiException(503, "ERR_ACTOR_RUNTIME_CLOSED", $"the app was not there, or not healthy, for {StartLimit.TotalSeconds} s");
        }
    }

    private static List<KeyValuePair<string, string[]>> Headers(ApiRequest request)
    {
        var headers = new List<KeyValuePair<string, string[]>>();
        foreach (var (name, values) in request.Http.Request.Headers)
        {
            var token = request.Sidecar.ApiToken is not null && name.Equals("dapr-api-token", StringComparison.OrdinalIgnoreCase);
            if (!token && !HopByHop.Headers.Contains(name) && !OwnHeaders.Contains(name)) headers.Add(new(name, values.ToArray()!));
        }

        headers.Add(new("traceparent", [request.Trace.TraceParent]));
        return headers;
    }

    private static ActorKey Key(ApiRequest request)
    {
        var key = new ActorKey(request.Path.Text(2), request.Path.Text(3));
        Check("actorType", key.Type);
        Check("actorId", key.Id);
        if (ActorNames.IsReserved(key.Type))
            throw new ApiException(403, "ERR_ACTOR_TYPE_RESERVED", $"actor type {key.Type} is reserved: types that begin with dapr.internal. are the runtime's own");
        return key;
    }

    private static string Name(ApiRequest request, string what)
    {
        var name = request.Path.Text(5);
        Check(what, name);
        return name;
    }

    private static void Check(string what, string name)
    {
        if (ActorNames.Problem(name) is { } problem) throw new ApiException(400, "ERR_BAD_REQUEST", $"invalid request: invalid {what}: {problem}");
    }

    private static ApiException Failed(string message) => new(500, "ERR_ACTOR_INVOKE_METHOD", $"error invoke actor method: {message}");

    private static ApiException Malformed(string message) => new(400, "ERR_MALFORMED_REQUEST", $"failed deserializing HTTP body: {message}");
}
