using System.ComponentModel;
using System.Diagnostics;

namespace Agents.Testing;

/// <summary>Scripts that play a user of the product, <c>tests/{project}/js/*.mjs</c>; each says <c>ok</c> when all is well.</summary>
public static class JavaScript
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(100);

    /// <summary>Runs a script to its end.</summary>
    /// <returns>What it said; null where node is not installed or <c>npm ci</c> was not run.</returns>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static async Task<string?> RunAsync(string project, string script, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(Stack.RepositoryRoot, "tests", project, "js");
        var start = new ProcessStartInfo("node", [script]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var node = Directory.Exists(Path.Combine(folder, "node_modules")) ? Start(start) : null;
        if (node is null)
            return null;
        var output = node.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = node.StandardError.ReadToEndAsync(cancellationToken);
        try
        {
            await node.WaitForExitAsync(cancellationToken).WaitAsync(Patience, cancellationToken);
        }
        finally
        {
            if (!node.HasExited)
                node.Kill();
        }
        return node.ExitCode == 0 ? (await output).Trim() : throw new InvalidOperationException($"{script}: {await output}{await errors}");
    }

    private static Process? Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start);
        }
        catch (Win32Exception)
        {
            // How .NET says that there is no such program.
            return null;
        }
    }
}
