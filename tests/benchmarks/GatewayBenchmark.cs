using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Agents.Testing;

namespace Agents.Benchmarks;

/// <summary>
/// What the gateway adds to a model call, beside other gateways before the same endpoint in the same run: nginx as a plain proxy, and
/// Portkey. One gateway at a time has the first core for itself; load, endpoint and sidecar share the second.
/// </summary>
internal static class GatewayBenchmark
{
    private const int Streams = 10_000;
    private static readonly int[] Concurrency = [1, 16, 64];
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Requests per second and latency, whole and streamed; time to the first token; streams that did not arrive as they were sent.</summary>
    public static async Task RunAsync(CancellationToken cancellationToken)
    {
        if (!await PreparedAsync(cancellationToken))
            return;
        await using var stack = await GatewayStack.StartAsync(cancellationToken);
        await WrkAsync(stack, stack.Address, stream: false, 16, 8, cancellationToken);
        await WrkAsync(stack, stack.Address, stream: true, 16, 8, cancellationToken);
        Console.WriteLine($"{"",-10}{"c",4}{"whole/s",9}{"p50 ms",9}{"p99 ms",9}{"stream/s",10}{"p50 ms",9}{"p99 ms",9}");
        foreach (var (name, address) in Targets(stack))
        {
            if (name != "gateway")
                await WrkAsync(stack, address, stream: false, 16, 2, cancellationToken);
            foreach (var concurrency in Concurrency)
            {
                var whole = await WrkAsync(stack, address, stream: false, concurrency, 4, cancellationToken);
                var streamed = await WrkAsync(stack, address, stream: true, concurrency, 4, cancellationToken);
                Say($"{name,-10}{concurrency,4}{whole.PerSecond,9:0}{whole.P50,9:0.00}{whole.P99,9:0.00}{streamed.PerSecond,10:0}{streamed.P50,9:0.00}{streamed.P99,9:0.00}{Failures(whole, streamed)}");
            }
            var first = await StreamsAsync(stack, address, 64, 800, "paced", cancellationToken);
            Say($"{name,-10}first token of a paced stream, 64 at once: p50 {first.P50:0.00} ms, p99 {first.P99:0.00} ms{Failures(first)}");
        }
        var all = await StreamsAsync(stack, stack.Address, 64, Streams, "plain", cancellationToken);
        Say($"{all.Requests} streams through the gateway: {all.Failed} with a chunk lost, merged or out of order {all.Example}");
        Say($"resident {Resident(stack.Gateway):0} MB");
    }

    /// <summary>Memory over a million calls.</summary>
    public static async Task RunMemoryAsync(CancellationToken cancellationToken)
    {
        if (!await PreparedAsync(cancellationToken))
            return;
        await using var stack = await GatewayStack.StartAsync(cancellationToken);
        var made = 0L;
        Say($"{0,9} calls: {Resident(stack.Gateway):0} MB resident");
        while (made < 1_000_000)
        {
            var load = await WrkAsync(stack, stack.Address, stream: false, 64, 10, cancellationToken);
            made += load.Requests;
            Say($"{made,9} calls: {Resident(stack.Gateway):0} MB resident, {load.PerSecond:0} calls/s{Failures(load)}");
        }
    }

    private static IEnumerable<(string Name, Uri Address)> Targets(GatewayStack stack)
    {
        yield return ("direct", stack.Upstream);
        yield return ("gateway", stack.Address);
        if (Nginx(stack) is { } nginx)
            yield return ("nginx", nginx);
        var port = Ports.Next();
        var program = Path.Combine(GatewayStack.Scripts, "node_modules", "@portkey-ai", "gateway", "build", "start-server.js");
        if (!File.Exists(program))
        {
            Console.WriteLine("Portkey not run: npm could not install it");
            yield break;
        }
        stack.Start(0, "node", [program, string.Create(CultureInfo.InvariantCulture, $"--port={port}"), "--headless"], GatewayStack.Scripts, ("NODE_ENV", "production"));
        GatewayStack.ListeningAsync(port, CancellationToken.None).GetAwaiter().GetResult();
        yield return ("Portkey", new Uri($"http://127.0.0.1:{port}/v1"));
    }

    private static Uri? Nginx(GatewayStack stack)
    {
        var port = Ports.Next();
        var folder = Directory.CreateTempSubdirectory("agents-bench-nginx-").FullName;
        File.WriteAllText(Path.Combine(folder, "nginx.conf"), $$"""
            worker_processes 1; daemon off; pid nginx.pid; error_log nginx.err warn;
            events { worker_connections 2048; }
            http {
              access_log off; keepalive_requests 100000000;
              client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
              upstream model { server 127.0.0.1:{{stack.Upstream.Port}}; keepalive 128; keepalive_requests 100000000; }
              server { listen 127.0.0.1:{{port}}; location / { proxy_pass http://model; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; } }
            }
            """);
        try
        {
            stack.Start(0, "nginx", ["-p", folder, "-c", Path.Combine(folder, "nginx.conf"), "-e", Path.Combine(folder, "nginx.err")], folder);
            GatewayStack.ListeningAsync(port, CancellationToken.None).GetAwaiter().GetResult();
            return new Uri($"http://127.0.0.1:{port}/v1");
        }
        catch (System.Net.Sockets.SocketException)
        {
            Console.WriteLine("nginx not run: it is not installed");
            return null;
        }
    }

    private static async Task<bool> PreparedAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (var (program, argument) in new[] { ("taskset", "--version"), ("wrk", "-v"), ("node", "--version") })
                await OutputAsync(program, [argument], [], cancellationToken);
        }
        catch (Win32Exception exception)
        {
            Console.WriteLine($"not run: it needs two cores, taskset, wrk and node ({exception.Message})");
            return false;
        }
        if (!Directory.Exists(Path.Combine(GatewayStack.Scripts, "node_modules")))
            await OutputAsync("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--silent", "--prefix", GatewayStack.Scripts], [], cancellationToken);
        return true;
    }

    private static async Task<Result> WrkAsync(GatewayStack stack, Uri address, bool stream, int concurrency, int seconds, CancellationToken cancellationToken)
    {
        string[] arguments =
        [
            "-c", "1", "wrk", "-t1", string.Create(CultureInfo.InvariantCulture, $"-c{concurrency}"), string.Create(CultureInfo.InvariantCulture, $"-d{seconds}s"), "--timeout", "5s",
            "-s", Path.Combine(GatewayStack.Scripts, "load.lua"), $"{address}/chat/completions",
        ];
        return Read(await OutputAsync("taskset", arguments, Environment(stack, ("STREAM", stream ? "1" : "0")), cancellationToken));
    }

    private static async Task<Result> StreamsAsync(GatewayStack stack, Uri address, int concurrency, int streams, string pace, CancellationToken cancellationToken)
    {
        string[] arguments =
        [
            "-c", "1", "node", Path.Combine(GatewayStack.Scripts, "streams.mjs"), $"{address}/chat/completions", concurrency.ToString(CultureInfo.InvariantCulture),
            streams.ToString(CultureInfo.InvariantCulture), pace,
        ];
        return Read(await OutputAsync("taskset", arguments, Environment(stack), cancellationToken));
    }

    private static (string, string)[] Environment(GatewayStack stack, params (string, string)[] more) =>
        [("KEY", GatewayStack.Key), ("UPSTREAM", stack.Upstream.ToString()), .. more];

    // The last line; wrk says more before it.
    private static Result Read(string output) => JsonSerializer.Deserialize<Result>(output.TrimEnd().Split('\n')[^1], Json)!;

    private static async Task<string> OutputAsync(string program, string[] arguments, (string Name, string Value)[] environment, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        // wrk -v says its version with status 1.
        return process.ExitCode == 0 || arguments is ["-v"] ? output : throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {await errors}");
    }

    private static string Failures(params Result[] results) => results.Sum(result => result.Failed) is var failed and > 0 ? $"   {failed} failed" : "";

    private static double Resident(Process process)
    {
        process.Refresh();
        return process.WorkingSet64 / 1e6;
    }

    private static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    private sealed record Result(double PerSecond, double P50, double P99, long Requests, long Failed, string? Example);
}
