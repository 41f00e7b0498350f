using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace Agents.Benchmarks.Search;

/// <summary>What a JavaScript engine did with the same work.</summary>
/// <param name="Found">For each query, the ids it found.</param>
internal sealed record Rival(string Name, double PerSecond, double P50, double P99, JsonElement[][]? Found, double BuildSeconds, string? Error);

/// <summary>Runs the engines under <c>npm/</c>.</summary>
internal static class Node
{
    public static async Task<IReadOnlyList<Rival>> RunAsync(object work, string folder, CancellationToken cancellationToken)
    {
        var file = Path.Combine(folder, "work.json");
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(work, JsonSerializerOptions.Web), cancellationToken);
        var npm = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "..", "tests", "benchmarks", "npm"));
        try
        {
            // One of them is built from C++ when it is installed, so its scripts must run.
            if (!Directory.Exists(Path.Combine(npm, "node_modules", "hnswlib-node", "build")))
                await OutputAsync("npm", ["ci", "--no-audit", "--no-fund", "--silent"]);
            return JsonSerializer.Deserialize<Rival[]>(await OutputAsync("node", ["--max-old-space-size=8192", "search.mjs", file]), JsonSerializerOptions.Web) ?? [];
        }
        catch (Exception exception) when (exception is Win32Exception or InvalidOperationException)
        {
            // An optional tool that is missing, or a network that is.
            return [new Rival("JavaScript engines", 0, 0, 0, null, 0, exception.Message)];
        }

        async Task<string> OutputAsync(string program, string[] arguments)
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = npm, RedirectStandardOutput = true })
                ?? throw new InvalidOperationException($"{program} did not start.");
            var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} ended with {process.ExitCode}.");
        }
    }
}
