using Agents.Local.Topology;

namespace Agents.Local.Tests.Processes;

/// <summary>A checkout in small: two apps and a runtime, all played by one stand-in program.</summary>
internal sealed class StandInSolution : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public StandInSolution()
    {
        var apps = new[] { "Agents.Conversation", "Agents.Analytics" };
        foreach (var project in apps)
            _folder.Write($"services/{project}/{project}.csproj", "<Project />");
        _folder.Write("dapr.yaml", $$"""
            version: 1
            common: { resourcesPath: components/redis }
            apps:
            - { appID: conversation, appDirPath: services/{{apps[0]}} }
            - { appID: analytics, appDirPath: services/{{apps[1]}} }
            """);
        foreach (var project in apps.Append("Agents.LocalRuntime"))
        {
            var target = Path.Combine(Programs, project, Path.GetFileName(Path.GetDirectoryName(Program))!, project);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.CreateSymbolicLink(target, Program);
        }

        foreach (var program in (string[])["daprd", "placement", "scheduler"])
            File.CreateSymbolicLink(Path.Combine(Root, program), Program);
    }

    /// <summary>The stand-in, built beside these tests.</summary>
    public static string Program { get; } = Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory, "../..", "Agents.Local.StandIn", Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), "Agents.Local.StandIn"));

    public string Root => _folder.Path;

    public string Programs => Path.Combine(Root, "programs");

    /// <summary>Dapr's programs, played by the stand-in, which writes down its flags.</summary>
    public DaprPrograms Dapr => new(Path.Combine(Root, "daprd"), Path.Combine(Root, "placement"), Path.Combine(Root, "scheduler"));

    /// <summary>A folder of components with a configuration, as <c>dapr.yaml</c> names it.</summary>
    public string AddComponents()
    {
        _folder.Write("components/redis/config.yaml", "kind: Configuration");
        return Path.Combine(Root, "components", "redis");
    }

    public LocalHostOptions Options => new() { RepositoryRoot = Root, ProgramsFolder = Programs, Port = 0 };

    public void Dispose() => _folder.Dispose();
}
