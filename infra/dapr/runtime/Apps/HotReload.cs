using Agents.LocalRuntime.Resources;

namespace Agents.LocalRuntime.Apps;

/// <summary>
/// The preview feature <c>HotReload</c>, for apps whose configuration turns it on: when a file of resources has changed, components and
/// subscriptions are loaded anew, and those that stay the same are not disturbed. With any mistake in them the files are refused as a
/// whole and what was loaded stays; daprd would end instead.
/// </summary>
internal sealed partial class HotReload(
    IEnumerable<Sidecar> sidecars, Func<Problems, SidecarLoader> loader, TimeProvider time, ILogger<HotReload> log)
{
    private const string Feature = "HotReload";
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly IReadOnlyList<Sidecar> _sidecars = [.. sidecars.Where(sidecar => sidecar.Components.Features.Contains(Feature))];

    /// <summary>Follows the files until it is told to stop.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        if (_sidecars.Count == 0) return;
        using var timer = new PeriodicTimer(Interval, time);
        var seen = Look();
        try
        {
            while (await timer.WaitForNextTickAsync(cancel))
            {
                var now = Look();
                if (now is null || now.SequenceEqual(seen ?? [])) continue;
                seen = now;
                await ReloadAsync();
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The process stops.
        }
    }

    private async Task ReloadAsync()
    {
        var problems = new Problems();
        var fresh = loader(problems);
        var loaded = _sidecars.Select(sidecar => (Sidecar: sidecar, Resources: fresh.Reload(sidecar))).ToList();
        if (problems.Lines.Count > 0)
        {
            LogRefused(log, string.Join("; ", problems.Lines));
            return;
        }

        foreach (var (sidecar, (components, declarative)) in loaded) await sidecar.ReplaceAsync(components, declarative);
        LogReloaded(log, _sidecars.Count);
    }

    /// <summary>The files and when they were written; null while a folder is away or may not be read.</summary>
    private List<(string File, DateTime Written)>? Look()
    {
        try
        {
            return
            [
                .. from folder in _sidecars.SelectMany(sidecar => sidecar.Spec.ResourcesPaths).Distinct()
                   from file in Directory.EnumerateFiles(folder)
                   orderby file
                   select (file, File.GetLastWriteTimeUtc(file)),
            ];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Changed resources are refused, what was loaded stays: {Problems}")]
    private static partial void LogRefused(ILogger logger, string problems);

    [LoggerMessage(Level = LogLevel.Information, Message = "Changed resources are loaded, for {Sidecars} sidecars")]
    private static partial void LogReloaded(ILogger logger, int sidecars);
}
