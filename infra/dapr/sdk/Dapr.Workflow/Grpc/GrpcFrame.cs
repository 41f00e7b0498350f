using System.Buffers.Binary;
using Google.Protobuf;

namespace Dapr.Workflow.Grpc;

/// <summary>A message on the wire: a flag, the length as four bytes (big-endian), and the Protobuf bytes.</summary>
internal static class GrpcFrame
{
    private const int HeaderLength = 5;

    /// <summary>Above what sidecars send (4 MiB unless they are told otherwise); it stops a runaway answer.</summary>
    private const int MaxMessageLength = 64 * 1024 * 1024;

    public static byte[] Write(IMessage message)
    {
        var length = message.CalculateSize();
        var frame = new byte[HeaderLength + length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), length);
        message.WriteTo(frame.AsSpan(HeaderLength));
        return frame;
    }

    /// <summary>Reads the next message; null at the end of the stream.</summary>
    public static async Task<T?> ReadAsync<T>(Stream stream, MessageParser<T> parser, CancellationToken cancellationToken) where T : class, IMessage<T>
    {
        var header = new byte[HeaderLength];
        var read = await stream.ReadAtLeastAsync(header, HeaderLength, throwOnEndOfStream: false, cancellationToken);
        if (read == 0) return null;
        if (read < HeaderLength) throw GrpcError.Of(GrpcStatus.Unavailable, "The sidecar's answer ended within a message.");
        if (header[0] != 0) throw GrpcError.Of(GrpcStatus.Internal, "The sidecar compressed a message, which it was not offered.");
        var length = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(1));
        if (length > MaxMessageLength)
            throw GrpcError.Of(GrpcStatus.ResourceExhausted, $"The sidecar sent a message of {length} bytes; at most {MaxMessageLength} are read.");

        var body = new byte[length];
        if (await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellationToken) < body.Length)
            throw GrpcError.Of(GrpcStatus.Unavailable, "The sidecar's answer ended within a message.");
        try
        {
            return parser.ParseFrom(body);
        }
        catch (InvalidProtocolBufferException error)
        {
            throw GrpcError.Of(GrpcStatus.Internal, "The sidecar sent bytes that are no such message.", error);
        }
    }
}
