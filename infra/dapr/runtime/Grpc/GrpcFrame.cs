using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Google.Protobuf;

namespace Agents.LocalRuntime.Grpc;

/// <summary>A message on the wire: a flag, the length as four bytes (big-endian), and the Protobuf bytes.</summary>
internal static class GrpcFrame
{
    private const int HeaderLength = 5;

    /// <summary>Reads the one message of a request, and what follows to its end.</summary>
    /// <param name="body">The request's body.</param>
    /// <param name="limit">The longest message taken, in bytes.</param>
    /// <param name="refused">Is given the beginning of a message that is too long, before the call fails.</param>
    /// <param name="cancel">Ends the reading.</param>
    /// <exception cref="GrpcException">It is too long, compressed or not whole.</exception>
    public static async Task<byte[]> ReadAsync(PipeReader body, int limit, Func<ReadOnlyMemory<byte>, Task>? refused, CancellationToken cancel)
    {
        var header = await ReadAtLeastAsync(body, HeaderLength, cancel);
        if (header.Length < HeaderLength) throw new GrpcException(GrpcStatus.Internal, "the request holds no whole message");
        var (flag, length) = Parse(header);
        body.AdvanceTo(header.GetPosition(HeaderLength));
        if (flag != 0) throw new GrpcException(GrpcStatus.Unimplemented, "grpc: compressed messages are not supported");
        if (length > limit)
        {
            if (refused is not null) await refused(await BeginningAsync(body, cancel));
            throw new GrpcException(GrpcStatus.ResourceExhausted, $"grpc: received message larger than max ({length} vs. {limit})");
        }

        var rest = await ReadAtLeastAsync(body, (int)length, cancel);
        if (rest.Length < length) throw new GrpcException(GrpcStatus.Internal, "the request ends within its message");
        var message = rest.Slice(0, length).ToArray();
        body.AdvanceTo(rest.GetPosition(length));
        return message;
    }

    /// <summary>Writes a message into the pipe; it leaves with the next flush.</summary>
    public static void Write(PipeWriter body, IMessage message)
    {
        var length = message.CalculateSize();
        var header = body.GetSpan(HeaderLength);
        header[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(header[1..], length);
        body.Advance(HeaderLength);
        message.WriteTo(body);
    }

    private static (byte Flag, uint Length) Parse(ReadOnlySequence<byte> buffer)
    {
        Span<byte> header = stackalloc byte[HeaderLength];
        buffer.Slice(0, HeaderLength).CopyTo(header);
        return (header[0], BinaryPrimitives.ReadUInt32BigEndian(header[1..]));
    }

    private static async Task<ReadOnlySequence<byte>> ReadAtLeastAsync(PipeReader body, int length, CancellationToken cancel) =>
        (await body.ReadAtLeastAsync(length, cancel)).Buffer;

    private static async Task<ReadOnlyMemory<byte>> BeginningAsync(PipeReader body, CancellationToken cancel)
    {
        const int Enough = 4096;
        var buffer = await ReadAtLeastAsync(body, Enough, cancel);
        var beginning = buffer.Slice(0, Math.Min(Enough, buffer.Length)).ToArray();
        body.AdvanceTo(buffer.End);
        return beginning;
    }
}
