using Agents.Local;

namespace Agents.Torture;

/// <summary>Clocks of single service processes jump by minutes and days, forward and back, by libfaketime; the runtime's stays.</summary>
internal sealed class ClockSkew : FaultRun
{
    private static readonly string[] Skews = ["+300", "-300", "+86400", "-86400", "+0", "-2"];

    private readonly string _clocks = Directory.CreateTempSubdirectory("agents-clocks-").FullName;

    /// <summary>The library, or null where it is not installed (Debian: faketime).</summary>
    public static string? Library { get; } = new[] { "/usr/lib", "/usr/local/lib" }.Where(Directory.Exists)
        .SelectMany(folder => Directory.EnumerateFiles(folder, "libfaketimeMT.so.1", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true }))
        .FirstOrDefault();

    protected override ValueTask<LocalHostOptions> ConfigureAsync(LocalHostOptions options) => ValueTask.FromResult(options with
    {
        // Two whose clocks differ share the sessions; more processes under the library would be slow to start.
        Replicas = new Dictionary<string, int> { ["conversation"] = 2 },
        StartTimeout = TimeSpan.FromMinutes(2),
        ServiceEnvironment = process =>
        {
            Set(process.Name, "+0");
            return new Dictionary<string, string>
            {
                ["LD_PRELOAD"] = Library ?? throw new InvalidOperationException("libfaketime is missing; Debian has it as faketime."),
                ["FAKETIME_TIMESTAMP_FILE"] = Path.Combine(_clocks, process.Name),
                ["FAKETIME_CACHE_DURATION"] = "1",
                // Timeouts and timers run on the monotonic clock, which does not jump on real machines either.
                ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
                // Otherwise every timed wait of .NET returns at once, and both cores do nothing but wait again.
                ["FAKETIME_FORCE_MONOTONIC_FIX"] = "0",
            };
        },
    });

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_clocks, recursive: true);
    }

    protected override async Task<string> FaultAsync(int number, CancellationToken cancellationToken)
    {
        var service = Host.Services[Random.Next(Host.Services.Count)];
        var skew = Skews[Random.Next(Skews.Length)];
        Set(service.Name, skew);
        await Task.Delay(Random.Next(1_000, 2_500), cancellationToken);
        return $"the clock of {service.Name} at {skew} s";
    }

    private void Set(string name, string skew)
    {
        // Replaced as a whole, so that nobody reads half a line.
        var file = Path.Combine(_clocks, name);
        File.WriteAllText(file + ".new", skew + "\n");
        File.Move(file + ".new", file, overwrite: true);
    }
}
