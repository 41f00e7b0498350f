using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace Dapr.Workflow.Grpc;

/// <summary>Turns the end of a call into <see cref="DaprApiException"/>, whose code is the name of the gRPC status.</summary>
internal static class GrpcError
{
    private const int MaxTextLength = 4096;

    public static DaprApiException Of(GrpcStatus status, string message, Exception? cause = null)
    {
        var text = message.Length <= MaxTextLength ? message : message[..MaxTextLength];
        var isTransient = status is GrpcStatus.Unavailable or GrpcStatus.DeadlineExceeded;
        return cause is null
            ? new DaprApiException(text, status.ToString(), isTransient)
            : new DaprApiException(text, cause, status.ToString(), isTransient);
    }

    /// <summary>A call that never got an answer, or lost it half-way.</summary>
    public static DaprApiException Broken(Exception cause) =>
        Of(GrpcStatus.Unavailable, $"The sidecar cannot be reached: {cause.Message}", cause);

    public static bool IsBroken(Exception error) => error is HttpRequestException or IOException or HttpProtocolException or SocketException;

    /// <summary>An answer that is not gRPC at all.</summary>
    public static void ThrowUnlessGrpc(HttpResponseMessage response)
    {
        if (response.StatusCode == HttpStatusCode.OK) return;
        throw Of(
            response.StatusCode switch
            {
                HttpStatusCode.Unauthorized => GrpcStatus.Unauthenticated,
                HttpStatusCode.Forbidden => GrpcStatus.PermissionDenied,
                HttpStatusCode.NotFound => GrpcStatus.Unimplemented,
                HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => GrpcStatus.Unavailable,
                _ => GrpcStatus.Unknown,
            },
            $"The sidecar answered {(int)response.StatusCode} to a gRPC call.");
    }

    /// <summary>Reads the status from the trailers, or from the headers of an answer that has nothing else.</summary>
    public static void ThrowUnlessOk(HttpResponseMessage response)
    {
        var text = Find(response.TrailingHeaders, "grpc-status") ?? Find(response.Headers, "grpc-status");
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            throw Of(GrpcStatus.Unknown, "The sidecar's answer has no gRPC status.");
        if (number == (int)GrpcStatus.OK) return;
        var status = Enum.IsDefined((GrpcStatus)number) ? (GrpcStatus)number : GrpcStatus.Unknown;
        var message = Find(response.TrailingHeaders, "grpc-message") ?? Find(response.Headers, "grpc-message") ?? "";
        throw Of(status, Uri.UnescapeDataString(message));
    }

    private static string? Find(HttpResponseHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : null;
}
