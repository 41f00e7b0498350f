using Agents.Testing;

namespace Agents.Conformance.Processes;

/// <summary>A temporary folder with a resources folder, and the run file that names them.</summary>
internal sealed class Workplace : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("conformance-").FullName;

    public string Resources => Directory.CreateDirectory(Path.Combine(Folder, "resources")).FullName;

    public void AddResource(string name, string yaml) => File.WriteAllText(Path.Combine(Resources, name + ".yaml"), yaml);

    /// <summary>Adds a component with its metadata.</summary>
    public void AddComponent(string name, string type, params (string Name, string Value)[] metadata)
    {
        var items = string.Concat(metadata.Select(item => $"  - name: {item.Name}\n    value: '{item.Value}'\n"));
        AddResource(name, $"apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata:\n  name: {name}\nspec:\n  type: {type}\n  version: v1\n  metadata:\n{items}");
    }

    public string PathTo(string name) => Path.Combine(Folder, name);

    /// <summary>Writes a run file with these app entries and returns the arguments that name it.</summary>
    public IReadOnlyList<string> RunFile(params IEnumerable<AppEntry> apps)
    {
        var yaml = "version: 1\ncommon:\n  resourcesPath: ./resources\napps:\n" + string.Concat(apps.Select(app => app.ToYaml()));
        File.WriteAllText(PathTo("dapr.yaml"), yaml);
        _ = Resources;
        return ["--run-file", PathTo("dapr.yaml")];
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}

/// <summary>An app of a run file.</summary>
internal sealed record AppEntry(string AppId, int? AppPort, int HttpPort, string Extra = "")
{
    public int GrpcPort { get; } = Ports.Next();

    public string ToYaml() =>
        $"- appID: {AppId}\n  appDirPath: .\n  daprHTTPPort: {HttpPort}\n  daprGRPCPort: {GrpcPort}\n" + (AppPort is null ? "" : $"  appPort: {AppPort}\n") + Extra;
}
