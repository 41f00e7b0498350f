using System.Reflection;
using System.Runtime.InteropServices;

namespace Agents.Local.Topology;

/// <summary>
/// Finds the built programs. All projects build into sibling folders <c>Project/configuration</c>, so wherever this
/// program lies, the others lie beside it.
/// </summary>
internal sealed class Programs(string folder, string configuration)
{
    public const string Runtime = "Agents.LocalRuntime";

    /// <summary>The checkout this program was built from or, when that has moved, the nearest one above the working folder.</summary>
    /// <exception cref="LocalHostException">Neither has a <c>dapr.yaml</c>.</exception>
    public static string RepositoryRoot()
    {
        var built = typeof(Programs).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(attribute => attribute.Key == nameof(RepositoryRoot)).Value!;
        for (var folder = built; folder is not null; folder = folder == built ? Directory.GetCurrentDirectory() : Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "dapr.yaml")))
                return folder;
        }

        throw new LocalHostException("No dapr.yaml here or above; run this from the repository.");
    }

    public static Programs Beside(string? folder)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        return new Programs(folder ?? own.Parent!.Parent!.FullName, own.Name);
    }

    /// <summary>The program of the only project in a folder.</summary>
    public string Of(RunApp app) => Directory.GetFiles(app.Folder, "*.csproj") is [var project]
        ? Named(Path.GetFileNameWithoutExtension(project))
        : throw new LocalHostException($"{app.Folder} must hold exactly one project.");

    public string Named(string project)
    {
        var file = Path.Combine(folder, project, configuration, OperatingSystem.IsWindows() ? project + ".exe" : project);
        return File.Exists(file) ? file : throw new LocalHostException($"{file} is missing; build the solution first.");
    }

    /// <summary>
    /// What every child gets on top of the inherited environment: the .NET installation this process runs on, and the
    /// settings of a process that shares a small machine with five others.
    /// </summary>
    public static IReadOnlyDictionary<string, string?> Environment { get; } = new Dictionary<string, string?>
    {
        ["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../..")),
        ["DOTNET_gcServer"] = "0",
        ["DOTNET_GCConserveMemory"] = "5",
        // 4 MB, in hexadecimal; otherwise each process lets as much garbage gather as the processor's whole cache holds.
        ["DOTNET_GCgen0size"] = "400000",
        // glibc keeps what was freed in a heap per thread otherwise, sixteen of them on two processors.
        ["MALLOC_ARENA_MAX"] = "2",
        ["DOTNET_TieredPGO"] = "0",
        // A worker that spins for work takes the processor from a neighbour that has some.
        ["DOTNET_ThreadPool_UnfairSemaphoreSpinLimit"] = "0",
        ["DOTNET_hostBuilder__reloadConfigOnChange"] = "false",
        // Each child listens where this host says.
        ["ASPNETCORE_URLS"] = null,
        ["ASPNETCORE_HTTP_PORTS"] = null,
    };
}
