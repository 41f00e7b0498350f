using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Agents.LocalRuntime.Apps;

namespace Agents.LocalRuntime.Grpc;

/// <summary>
/// gRPC by hand: paths name methods, the outcome of a call stands in the trailers, and a call that fails before its first message has
/// headers alone. Codes and words are those of daprd's server where it has them.
/// </summary>
/// <param name="sidecars">By the port they listen on for gRPC.</param>
/// <param name="service">The one service there is, by name, and its methods.</param>
internal sealed partial class GrpcServer(
    IReadOnlyDictionary<int, Sidecar> sidecars, (string Name, IReadOnlyDictionary<string, Func<GrpcCall, Task>> Methods) service,
    TimeProvider time, ILogger<GrpcServer> log)
{
    /// <summary>Whether a request came to a port of this server.</summary>
    public bool Owns(HttpContext http) => sidecars.ContainsKey(http.Connection.LocalPort);

    [SuppressMessage("Design", "CA1031", Justification = "Whatever happens, the caller gets a status and the server goes on.")]
    public async Task HandleAsync(HttpContext http)
    {
        var sidecar = sidecars[http.Connection.LocalPort];
        if (sidecar.IsClosed)
        {
            http.Abort();
            return;
        }

        if (!IsGrpc(http))
        {
            http.Response.StatusCode = HttpMethods.IsPost(http.Request.Method) ? StatusCodes.Status415UnsupportedMediaType : StatusCodes.Status405MethodNotAllowed;
            End(http.Response, GrpcStatus.InvalidArgument, $"invalid gRPC request content-type \"{http.Request.ContentType}\"");
            return;
        }

        http.Response.ContentType = "application/grpc";
        using var call = new GrpcCall(http, sidecar, time);
        try
        {
            Check(http.Request, sidecar);
            await Method(http.Request.Path.Value ?? "")(call);
            End(http.Response, GrpcStatus.Ok, "");
        }
        catch (GrpcException error)
        {
            End(http.Response, error.Status, error.Message);
        }
        catch (Exception) when (http.RequestAborted.IsCancellationRequested)
        {
            // The caller has gone; nobody is left to answer.
        }
        catch (OperationCanceledException)
        {
            if (call.IsPastDeadline) End(http.Response, GrpcStatus.DeadlineExceeded, "context deadline exceeded");
            else End(http.Response, GrpcStatus.Unavailable, "the sidecar stops");
        }
        catch (Exception error)
        {
            LogFailure(log, http.Request.Path.Value ?? "", error);
            End(http.Response, GrpcStatus.Internal, "internal error of the local runtime");
        }
    }

    private static bool IsGrpc(HttpContext http) =>
        HttpMethods.IsPost(http.Request.Method) && http.Request.ContentType is { } type && type.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase);

    private static void Check(HttpRequest request, Sidecar sidecar)
    {
        if (sidecar.ApiToken is not { } token) return;
        string? given = request.Headers["dapr-api-token"];
        if (given is null) throw new GrpcException(GrpcStatus.Unauthenticated, "authentication error: api token missing from metadata");
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(token)))
            throw new GrpcException(GrpcStatus.Unauthenticated, "authentication error: api token mismatch");
    }

    private Func<GrpcCall, Task> Method(string path)
    {
        if (path.Split('/') is not ["", var name, var method]) throw new GrpcException(GrpcStatus.Unimplemented, $"malformed method name: \"{path}\"");
        if (name != service.Name) throw new GrpcException(GrpcStatus.Unimplemented, $"unknown service {name}");
        return service.Methods.TryGetValue(method, out var known) ? known
            : throw new GrpcException(GrpcStatus.Unimplemented, $"unknown method {method} for service {name}");
    }

    private static void End(HttpResponse response, GrpcStatus status, string message)
    {
        var code = ((int)status).ToString(CultureInfo.InvariantCulture);
        if (status == GrpcStatus.Ok || response.HasStarted)
        {
            response.AppendTrailer("grpc-status", code);
            response.AppendTrailer("grpc-message", Escape(message));
        }
        else
        {
            response.Headers["grpc-status"] = code;
            response.Headers["grpc-message"] = Escape(message);
        }
    }

    /// <summary>Percent-encodes everything but printable ASCII, and the percent sign itself.</summary>
    private static string Escape(string message)
    {
        const int Longest = 4096;
        var escaped = new StringBuilder(message.Length);
        foreach (var b in Encoding.UTF8.GetBytes(message.Length <= Longest ? message : message[..Longest]))
        {
            if (b is >= 0x20 and <= 0x7E and not (byte)'%') escaped.Append((char)b);
            else escaped.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
        }

        return escaped.ToString();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "gRPC call {Path} failed")]
    private static partial void LogFailure(ILogger logger, string path, Exception error);
}
