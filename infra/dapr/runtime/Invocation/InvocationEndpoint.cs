using System.Text;
using Agents.LocalRuntime.Apps;
using Agents.LocalRuntime.Http;

namespace Agents.LocalRuntime.Invocation;

/// <summary>
/// Service invocation: <c>/v1.0/invoke/{appId}/method/...</c>, or any other path with the app id in header dapr-app-id or
/// in the user name of basic authentication. Every path that no other API knows ends here.
/// </summary>
internal sealed class InvocationEndpoint(Callees callees)
{
    private const string Code = "ERR_DIRECT_INVOKE";

    public async Task HandleAsync(ApiRequest request)
    {
        var (appId, path) = Target(request);
        var targets = callees.Find(appId, request.Sidecar);
        if (targets.Count == 0) throw Failed(appId, "no host found with the given ID");
        var call = new Call(request, appId, path + request.Http.Request.QueryString.Value, isSelf: targets[0] == request.Sidecar);
        try
        {
            var policy = request.Sidecar.Policies.App(targets[0].Spec.AppId);

            // A request of unknown length is streamed and never sent twice; one of known length is kept for retries.
            var retries = policy.Retries && call.IsReplayable;
            if (retries) await call.KeepBodyAsync();
            using var exchange = retries || !policy.Retries
                ? await policy.RunAsync(token => SendAsync(call, targets, token), Exchange.Failure, static failed => failed.Dispose(), request.Aborted)
                : await policy.WithoutRetries().RunAsync(token => SendAsync(call, targets, token), Exchange.Failure, null, request.Aborted);
            await exchange.CopyToAsync(request);
        }
        catch (Exception error) when (error is not ApiException and not ResponseBrokenException && !request.Aborted.IsCancellationRequested)
        {
            throw Failed(appId, Describe(error));
        }
    }

    /// <summary>Tries the replicas in turn while nothing of the request has been sent.</summary>
    private static async Task<Exchange> SendAsync(Call call, IReadOnlyList<Sidecar> targets, CancellationToken cancel)
    {
        for (var i = 0; ; i++)
        {
            var app = targets[i].App ?? throw new InvocationException("cannot invoke local endpoint: app channel not initialized");
            if (!app.IsHealthy) throw new InvocationException("rpc error: code = Internal desc = app is not in a healthy state");
            try
            {
                return await call.SendAsync(app, cancel);
            }
            catch (HttpRequestException error) when (AppChannel.IsConnectFailure(error) && i + 1 < targets.Count)
            {
                // Refused: the next replica gets it.
            }
            catch (HttpRequestException error)
            {
                var reason = AppChannel.IsConnectFailure(error)
                    ? $"dial tcp {app.EndPoint.Host}:{app.EndPoint.Port}: connect: connection refused"
                    : error.InnerException is BodyTooLargeException tooLarge ? throw new InvocationException(tooLarge.Message)
                    : "EOF";
                var text = $"{call.GoMethod} \"{app.Address}{call.PathAndQuery}\": {reason}";
                throw new InvocationException(call.IsSelf ? text : "rpc error: code = Internal desc = error invoking app channel: " + text);
            }
        }
    }

    private static (string AppId, string Path) Target(ApiRequest request)
    {
        var path = request.Path;
        if (path.Count >= 4 && path.Raw(0) == "v1.0" && path.Raw(1) == "invoke" && path.Raw(3) == "method" &&
            (path.Count > 4 || path.SlashAtEnd))
        {
            var start = "/v1.0/invoke/".Length + path.Raw(2).Length + "/method/".Length;
            return (path.Text(2), MethodPath.ForApp(path.Clean.Length > start ? path.Clean[start..] : ""));
        }

        var headers = request.Http.Request.Headers;
        string? given = headers["dapr-app-id"];
        var appId = string.IsNullOrEmpty(given) ? BasicUser(headers.Authorization.ToString()) : given;
        if (string.IsNullOrEmpty(appId))
        {
            throw new ApiException(404, Code, "failed getting app id either from the URL path or the header dapr-app-id");
        }

        return (appId, MethodPath.ForApp(path.Clean[1..]));
    }

    /// <summary>Clients that can only set a URL write it as <c>http://dapr-app-id:{appId}@sidecar/method</c>.</summary>
    private static string? BasicUser(string authorization)
    {
        const string Scheme = "Basic ";
        const string User = "dapr-app-id:";
        if (!authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return null;
        var buffer = new byte[authorization.Length];
        if (!Convert.TryFromBase64String(authorization[Scheme.Length..], buffer, out var length)) return null;
        var text = Encoding.UTF8.GetString(buffer, 0, length);
        return text.StartsWith(User, StringComparison.Ordinal) ? text[User.Length..] : null;
    }

    private static string Describe(Exception error) =>
        error is BodyTooLargeException or InvocationException or TimeoutException ? error.Message : error.GetBaseException().Message;

    private static ApiException Failed(string appId, string reason) => new(500, Code, $"failed to invoke, id: {appId}, err: {reason}");
}

/// <summary>The call failed before the app had answered.</summary>
internal sealed class InvocationException(string message) : Exception(message);

/// <summary>The app broke off its answer after the caller had seen the beginning of it.</summary>
internal sealed class ResponseBrokenException(Exception cause) : Exception(cause.Message, cause);
