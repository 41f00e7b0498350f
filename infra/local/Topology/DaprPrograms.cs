namespace Agents.Local.Topology;

/// <summary>The three programs of a real Dapr on one machine, as absolute paths.</summary>
public sealed record DaprPrograms(string Daprd, string Placement, string Scheduler)
{
    /// <summary>Takes what is given; looks for the rest on PATH and where <c>dapr init --slim</c> puts them.</summary>
    /// <exception cref="LocalHostException">Some are missing; the message names all of them and the ways out.</exception>
    internal static DaprPrograms Find(string? daprd, string? placement, string? scheduler)
    {
        var missing = new List<string>();
        string Resolve(string name, string? given)
        {
            var found = given is null ? Folders().Select(folder => InFolder(folder, name)).FirstOrDefault(File.Exists) : File.Exists(given) ? given : null;
            if (found is null)
                missing.Add(given is null ? $"{name} (not on PATH, not in ~/.dapr/bin)" : $"{name} ({given}: no such file)");
            return found is null ? "" : Path.GetFullPath(found);
        }

        var all = new DaprPrograms(Resolve("daprd", daprd), Resolve("placement", placement), Resolve("scheduler", scheduler));
        return missing.Count == 0 ? all : throw new LocalHostException(
            $"--runtime daprd needs programs that are missing: {string.Join(", ", missing)}.\n" +
            "`dapr init --slim` of the Dapr CLI installs them, https://github.com/dapr/dapr/releases has them, and --daprd, --placement and\n" +
            "--scheduler say where they lie. Without them, --runtime local (the default) starts the same solution.");
    }

    private static IEnumerable<string> Folders() =>
    [
        .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries),
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".dapr", "bin"),
    ];

    private static string InFolder(string folder, string name) => Path.Combine(folder, OperatingSystem.IsWindows() ? name + ".exe" : name);
}
