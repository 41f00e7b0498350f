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
    }

    /// <summary>The stand-in, built beside these tests.</summary>
    public static string Program { get; } = Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory, "../..", "Agents.Local.StandIn", Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), "Agents.Local.StandIn"));

    public string Root => _folder.Path;

    public string Programs => Path.Combine(Root, "programs");

    public LocalHostOptions Options => new() { RepositoryRoot = Root, ProgramsFolder = Programs, Port = 0 };

    public void Dispose() => _folder.Dispose();
}
