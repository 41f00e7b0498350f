using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Agents.Testing.Requests;

/// <summary>
/// What no HTTP library would send: requests that are framed in two ways, cut, endless or dripping. Each is refused or dropped; what is
/// smuggled in the body of another never runs; and who asks properly meanwhile is answered as ever.
/// </summary>
public sealed class RawRequests(Stack stack)
{
    private const int Drips = 100;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    public async Task<Trials> RunAsync(int seed, int count, CancellationToken cancellationToken)
    {
        var trials = new Trials("raw requests");
        var random = new Random(seed);
        var user = await stack.NewTenantAsync(cancellationToken);
        var key = user.Http.DefaultRequestHeaders.Authorization!.Parameter!;
        var shapes = Shapes(key).ToList();
        var doors = new[] { stack.Host.Address, stack.At("conversation", 0, null).Http.BaseAddress! };
        var dripping = doors.SelectMany(door => Enumerable.Range(0, Drips / 2).Select(_ => door)).Select(door => DripAsync(door, key, cancellationToken)).ToList();
        for (var n = 0; n < count; n++)
        {
            var (what, bytes, answers) = shapes[n < shapes.Count ? n : random.Next(shapes.Count)];
            var door = doors[random.Next(doors.Length)];
            trials.Begin();
            var answer = await SendAsync(door, bytes, cancellationToken);
            trials.Expect(answer is not null, () => $"{what} at {door}: neither an answer nor an end within {Patience.TotalSeconds} s");
            var statuses = Statuses(answer ?? "");
            trials.Expect(statuses.All(status => status is < 500 or 505) && statuses.Count(status => status < 400) <= answers, () => $"{what} at {door}: {string.Join(", ", statuses)}");
            if (n % 10 == 0)
            {
                var started = Stopwatch.GetTimestamp();
                await user.GetAsync("/v1/agents/default", cancellationToken);
                trials.Expect(Stopwatch.GetElapsedTime(started) < Soon, () => $"a proper request beside {what} took {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s");
            }
        }
        // The request that was smuggled again and again makes sessions.
        var made = (await user.GetAsync("/v1/sessions?metadata=smuggled:yes", cancellationToken)).List("data").Count;
        trials.Expect(made == 0, () => $"{made} smuggled requests were run");
        foreach (var drip in dripping)
            (await drip).Dispose();
        trials.Note($"{shapes.Count} shapes, beside {Drips} connections that drip");
        return trials;
    }

    /// <param name="key">A good key: it is the shape that must be refused.</param>
    private static IEnumerable<(string What, byte[] Bytes, int Answers)> Shapes(string key)
    {
        var head = $"Host: x\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n";
        var smuggled = $"POST /v1/sessions HTTP/1.1\r\n{head}Content-Length: 31\r\n\r\n{{\"metadata\":{{\"smuggled\":\"yes\"}}}}";
        yield return Shape("two lengths", $"POST /v1/sessions HTTP/1.1\r\n{head}Content-Length: 0\r\nContent-Length: {smuggled.Length}\r\n\r\n{smuggled}", 0);
        yield return Shape("length and chunks", $"POST /v1/sessions/x/end HTTP/1.1\r\n{head}Content-Length: {smuggled.Length + 5}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}", 0);
        yield return Shape("chunks, in another spelling", $"POST /v1/sessions/x/end HTTP/1.1\r\n{head}Content-Length: 5\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{smuggled}", 0);
        yield return Shape("chunks twice", $"POST /v1/sessions/x/end HTTP/1.1\r\n{head}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n{smuggled}", 0);
        yield return Shape("a blank before the colon", $"POST /v1/sessions/x/end HTTP/1.1\r\n{head}Transfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n{smuggled}", 0);
        yield return Shape("a folded header", $"POST /v1/sessions/x/end HTTP/1.1\r\n{head}X: a\r\n Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n{smuggled}", 0);
        yield return Shape("a chunk size that is none", $"POST /v1/sessions HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\n\r\nzz\r\n{{}}\r\n0\r\n\r\n", 0);
        yield return Shape("a chunk size beyond all bounds", $"POST /v1/sessions HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{{}}\r\n0\r\n\r\n", 0);
        yield return Shape("a negative length", $"POST /v1/sessions HTTP/1.1\r\n{head}Content-Length: -1\r\n\r\n", 0);
        yield return Shape("a length beyond all bounds", $"POST /v1/sessions HTTP/1.1\r\n{head}Content-Length: 99999999999999999999\r\n\r\n", 0);
        yield return Shape("a length that is none", $"POST /v1/sessions HTTP/1.1\r\n{head}Content-Length: 1e3\r\n\r\n", 0);
        yield return Shape("no host", $"GET /v1/sessions HTTP/1.1\r\nAuthorization: Bearer {key}\r\n\r\n", 0);
        yield return Shape("two hosts", $"GET /v1/sessions HTTP/1.1\r\n{head}Host: y\r\n\r\n", 0);
        yield return Shape("a version from the future", $"GET /v1/sessions HTTP/9.9\r\n{head}\r\n", 0);
        yield return Shape("a version from the past", "GET /v1/sessions\r\n", 0);
        yield return Shape("a method from nowhere", $"B\u00c4D /v1/sessions HTTP/1.1\r\n{head}\r\n", 0);
        yield return Shape("a NUL in a header", $"GET /v1/sessions HTTP/1.1\r\n{head}X: a\0b\r\n\r\n", 0);
        yield return Shape("a line end in a path", $"GET /v1/sess\rions HTTP/1.1\r\n{head}\r\n", 0);
        yield return Shape("an endless line", $"GET /{new string('a', 100_000)} HTTP/1.1\r\n{head}\r\n", 0);
        yield return Shape("an endless header", $"GET /v1/sessions HTTP/1.1\r\n{head}X: {new string('a', 100_000)}\r\n\r\n", 0);
        yield return Shape("ten thousand headers", $"GET /v1/sessions HTTP/1.1\r\n{head}{string.Concat(Enumerable.Range(0, 10_000).Select(n => $"X{n}: a\r\n"))}\r\n", 0);
        yield return Shape("another host's address", $"GET http://evil.test/v1/tenants/x HTTP/1.1\r\n{head}\r\n", 0);
        yield return Shape("a tunnel", $"CONNECT 127.0.0.1:3500 HTTP/1.1\r\n{head}\r\n", 0);
        yield return Shape("a trace", $"TRACE /v1/sessions HTTP/1.1\r\n{head}\r\n", 0);
        yield return Shape("bytes from nowhere", new string('\u00ff', 500) + "\r\n\r\n", 0);
        yield return Shape("the greeting of TLS", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003", 0);
        yield return Shape("the greeting of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0", 0);
        foreach (var path in (string[])["//internal/hooks/http", "/v1/../internal/hooks/http", "/v1/sessions/..%2f..%2finternal/hooks/http", "/v1/sessions;/../../internal/hooks/http", "/internal/hooks/http", "/dapr/subscribe", "/%2e%2e/internal/keys/authenticate", "\\internal\\hooks\\http", "/v1/sessions/%00/end"])
            yield return Shape($"the path {path}", $"POST {path} HTTP/1.1\r\n{head}dapr-api-token: guessed\r\ndapr-caller-app-id: conversation\r\nContent-Length: 2\r\n\r\n{{}}", 0);
        // Proper, one after the other: both are answered.
        yield return Shape("two at once", $"GET /v1/agents/default HTTP/1.1\r\n{head}\r\nGET /v1/agents/default HTTP/1.1\r\n{head}\r\n", 2);
    }

    private static (string, byte[], int) Shape(string what, string text, int answers) => (what, Encoding.Latin1.GetBytes(text), answers);

    /// <summary>All that comes back; null when nothing does and the connection stays.</summary>
    private static async Task<string?> SendAsync(Uri door, byte[] bytes, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        using var client = new TcpClient();
        var text = new StringBuilder();
        try
        {
            await client.ConnectAsync(door.Host, door.Port, limit.Token);
            var stream = client.GetStream();
            await stream.WriteAsync(bytes, limit.Token);
            // Nothing more will come: whoever waits for the rest of a body learns it too.
            client.Client.Shutdown(SocketShutdown.Send);
            var buffer = new byte[8_192];
            for (int read; (read = await stream.ReadAsync(buffer, limit.Token)) > 0;)
                text.Append(Encoding.Latin1.GetString(buffer, 0, read));
            return text.ToString();
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            return text.ToString();
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return text.Length > 0 ? text.ToString() : null;
        }
    }

    /// <summary>A request that never ends: its headers come one byte at a time.</summary>
    private static async Task<TcpClient> DripAsync(Uri door, string key, CancellationToken cancellationToken)
    {
        var client = new TcpClient();
        try
        {
            await client.ConnectAsync(door.Host, door.Port, cancellationToken);
            foreach (var letter in Encoding.ASCII.GetBytes($"POST /v1/sessions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}"))
            {
                await client.GetStream().WriteAsync(new[] { letter }, cancellationToken);
                await Task.Delay(20, cancellationToken);
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            // It was dropped, as it may be.
        }
        return client;
    }

    private static List<int> Statuses(string answer) =>
        [.. answer.Split("HTTP/1.1 ").Skip(1).Select(part => part.Length >= 3 && int.TryParse(part.AsSpan(0, 3), out var status) ? status : 0)];
}
