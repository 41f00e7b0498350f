using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Agents.LocalRuntime.Actors.Api;
using Agents.LocalRuntime.Apps;
using Agents.LocalRuntime.Faults;
using Agents.LocalRuntime.Invocation;
using Agents.LocalRuntime.Metadata;
using Agents.LocalRuntime.PubSub;
using Agents.LocalRuntime.Secrets;
using Agents.LocalRuntime.State;
using Agents.LocalRuntime.Workflows;
using Microsoft.AspNetCore.Http.Features;

namespace Agents.LocalRuntime.Http;

/// <summary>
/// Routes each request by hand: the sidecar by the local port, the API by the path's segments. The order is daprd's, and
/// what fits nothing is taken for a service invocation.
/// </summary>
internal sealed partial class Dispatcher(
    IReadOnlyDictionary<int, Sidecar> sidecars, InvocationEndpoint invocation, FaultGates? faults, Action<Sidecar> shutdown,
    TimeProvider time, ILogger<Dispatcher> log)
{
    public async Task HandleAsync(HttpContext http)
    {
        var sidecar = sidecars[http.Connection.LocalPort];
        if (sidecar.IsClosed)
        {
            http.Abort();
            return;
        }

        using var trace = RequestTrace.Begin(http.Request, sidecar.Spec.AppId);
        trace.WriteTo(http.Response.Headers);
        var path = RequestPath.Parse(http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        var request = new ApiRequest(http, sidecar, path, trace);
        await AnswerAsync(request);
        trace.End(http.Response.StatusCode);
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever happens, the caller gets an answer and the server goes on.")]
    private async Task AnswerAsync(ApiRequest request)
    {
        var http = request.Http;
        try
        {
            if (IsAllowed(request)) await Route(request);
            else await RefuseAsync(http);
        }
        catch (ApiException error) when (!http.Response.HasStarted)
        {
            await request.ErrorAsync(error);
        }
        catch (Exception) when (http.RequestAborted.IsCancellationRequested)
        {
            // The caller has gone; nobody is left to answer.
        }
        catch (ResponseBrokenException)
        {
            // The beginning is sent, so only a broken connection tells the caller that the rest is missing.
            http.Abort();
        }
        catch (Exception error)
        {
            LogFailure(log, request.Method, request.Path.Count > 1 ? request.Path.Raw(1) : "", error);
            if (http.Response.HasStarted) http.Abort();
            else await request.ErrorAsync(new ApiException(500, "ERR_INTERNAL", "internal error of the local runtime"));
        }
    }

    private Task Route(ApiRequest request)
    {
        var path = request.Path;
        if (path.Count < 2 || !path.Raw(0).StartsWith("v1.0", StringComparison.Ordinal)) return invocation.HandleAsync(request);
        var version = path.Raw(0);
        Task done;
        if (version == FaultEndpoints.Version)
        {
            return faults is not null && FaultEndpoints.TryHandle(request, faults, out done) ? done : invocation.HandleAsync(request);
        }

        if (version is not ("v1.0" or "v1.0-beta1" or "v1.0-alpha1" or "v1.0-alpha2")) return invocation.HandleAsync(request);
        var handled = path.Raw(1) switch
        {
            "invoke" => Set(null, out done),
            "state" => StateEndpoints.TryHandle(request, version, out done),
            "publish" => PublishEndpoints.TryHandle(request, version, time, out done),
            "secrets" => SecretEndpoints.TryHandle(request, version, out done),
            "actors" when request.Sidecar.Actors.Network.IsEnabled => ActorEndpoints.TryHandle(request, version, out done),
            "metadata" or "healthz" or "shutdown" => MetadataEndpoints.TryHandle(request, shutdown, out done),
            "workflows" when request.Sidecar.Workflows is { } workflows => WorkflowEndpoints.TryHandle(request, version, workflows, out done),
            _ => Set(AbsentBlocks.Refusal(request), out done),
        };
        return handled ? done : invocation.HandleAsync(request);
    }

    private static bool Set(ApiException? refusal, out Task done)
    {
        done = refusal is null ? Task.CompletedTask : Task.FromException(refusal);
        return refusal is not null;
    }

    private static bool IsAllowed(ApiRequest request)
    {
        if (request.Sidecar.ApiToken is not { } token || MetadataEndpoints.IsHealthRoute(request)) return true;
        string? given = request.Http.Request.Headers["dapr-api-token"];
        return given is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(token));
    }

    private static Task RefuseAsync(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status401Unauthorized;
        http.Response.ContentType = "text/plain; charset=utf-8";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        return http.Response.WriteAsync("invalid api token\n", http.RequestAborted);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} request to API '{Api}' failed")]
    private static partial void LogFailure(ILogger logger, string method, string api, Exception error);
}
