using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Agents.Benchmarks;

/// <summary>Requests per second and latency of one load.</summary>
internal sealed record Load(double PerSecond, double P50Ms, double P99Ms);

/// <summary>
/// A closed loop over keep-alive connections: each sends, waits for the whole answer, sends again. Raw sockets and prepared bytes, so
/// that the client takes as little as possible of the two cores it shares with the server.
/// </summary>
internal static class LoadGenerator
{
    private static readonly TimeSpan Warmup = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(5);

    /// <param name="request">The bytes of the n-th request of connection c.</param>
    public static async Task<Load> RunAsync(int port, int connections, Func<int, int, byte[]> request, CancellationToken cancellationToken)
    {
        await PhaseAsync(port, connections, request, Warmup, cancellationToken);
        var started = Stopwatch.GetTimestamp();
        var latencies = await PhaseAsync(port, connections, request, Measured, cancellationToken);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        latencies.Sort();
        return new Load(latencies.Count / seconds, Milliseconds(latencies, 0.5), Milliseconds(latencies, 0.99));
    }

    public static byte[] Request(string method, string path, string? body) => Encoding.ASCII.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{(body is null ? "" : $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\n")}\r\n{body}"));

    private static async Task<List<long>> PhaseAsync(
        int port, int connections, Func<int, int, byte[]> request, TimeSpan duration, CancellationToken cancellationToken)
    {
        var loops = Enumerable.Range(0, connections).Select(n => Task.Run(() => LoopAsync(port, n, request, duration, cancellationToken), cancellationToken));
        return [.. (await Task.WhenAll(loops)).SelectMany(latencies => latencies)];
    }

    private static async Task<List<long>> LoopAsync(
        int port, int connection, Func<int, int, byte[]> request, TimeSpan duration, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellationToken);
        var latencies = new List<long>(100_000);
        var buffer = new byte[64 * 1024];
        var end = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        for (var n = 0; ; n++)
        {
            var sent = Stopwatch.GetTimestamp();
            if (sent > end)
                return latencies;
            await socket.SendAsync(request(connection, n), cancellationToken);
            var length = 0;
            do
            {
                var read = await socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken);
                if (read == 0)
                    throw new InvalidOperationException("The server closed the connection.");
                length += read;
            }
            while (!IsWhole(buffer.AsSpan(0, length)));
            latencies.Add(Stopwatch.GetTimestamp() - sent);
        }
    }

    private static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        var head = answer.IndexOf("\r\n\r\n"u8);
        if (head < 0)
            return false;
        if (answer[9] != (byte)'2')
            throw new InvalidOperationException($"Refused: {Encoding.UTF8.GetString(answer)}");
        if (answer[..head].IndexOf("chunked"u8) >= 0)
            return answer.EndsWith("0\r\n\r\n"u8);
        var at = Encoding.ASCII.GetString(answer[..head]).IndexOf("content-length:", StringComparison.OrdinalIgnoreCase);
        if (at < 0)
            return true;
        var value = answer[(at + "content-length:".Length)..head];
        var line = value.IndexOf((byte)'\r');
        return answer.Length >= head + 4 + int.Parse((line < 0 ? value : value[..line]).Trim((byte)' '), CultureInfo.InvariantCulture);
    }

    private static double Milliseconds(List<long> sorted, double quantile) =>
        sorted[(int)Math.Min(sorted.Count - 1, sorted.Count * quantile)] * 1_000d / Stopwatch.Frequency;
}
