using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Agents.Local.Topology;

/// <summary>
/// A multi-app run file, as <c>dapr run -f</c> takes it. Fields this host does not read are kept as they are, so that the
/// file written for the runtime still carries them.
/// </summary>
internal sealed class RunFile
{
    private readonly YamlMappingNode _root;

    private RunFile(YamlMappingNode root, string folder)
    {
        _root = root;
        Apps = [.. List(root, "apps").Select(app => new RunApp(app, folder))];
        ComponentsFolder = root.Children.TryGetValue("common", out var common) && common is YamlMappingNode mapping && Text(mapping, "resourcesPath") is { } path
            ? Path.GetFullPath(path, folder)
            : null;
    }

    /// <summary>The folder of components that the file itself names for all apps.</summary>
    public string? ComponentsFolder { get; }

    public IReadOnlyList<RunApp> Apps { get; }

    /// <exception cref="LocalHostException">The file cannot be read, or says too little.</exception>
    public static RunFile Read(string file)
    {
        try
        {
            using var reader = File.OpenText(file);
            var yaml = new YamlStream();
            yaml.Load(reader);
            if (yaml.Documents is not [{ RootNode: YamlMappingNode root }])
                throw new LocalHostException($"{file} must hold one YAML document, a mapping.");
            if (Text(root, "version") != "1")
                throw new LocalHostException($"{file}: version must be 1.");
            return new RunFile(root, Path.GetDirectoryName(Path.GetFullPath(file))!);
        }
        catch (Exception e) when (e is YamlException or IOException)
        {
            throw new LocalHostException($"{file} cannot be read: {e.Message}");
        }
    }

    /// <summary>
    /// The same file with everything decided: one entry per process, its ports, absolute folders and the components; what
    /// would start an app is left out, since this host starts them. It holds no secrets.
    /// </summary>
    public string Resolve(IEnumerable<AppProcess> processes, string componentsFolder)
    {
        var resolved = Copy(_root);
        var common = Mapping(resolved, "common");
        common.Children.Remove("resourcesPath");
        common.Children["resourcesPaths"] = new YamlSequenceNode(new YamlScalarNode(componentsFolder));
        var configuration = Path.Combine(componentsFolder, "config.yaml");
        if (File.Exists(configuration))
            common.Children["configFilePath"] = configuration;
        else
            common.Children.Remove("configFilePath");

        resolved.Children["apps"] = new YamlSequenceNode(processes.Select(process =>
        {
            var entry = Copy(process.App.Entry);
            entry.Children.Remove("command");
            entry.Children["appID"] = process.App.Id;
            entry.Children["appDirPath"] = process.App.Folder;
            entry.Children["appPort"] = Number(process.AppPort);
            entry.Children["daprHTTPPort"] = Number(process.DaprHttpPort);
            entry.Children["daprGRPCPort"] = Number(process.DaprGrpcPort);
            return entry;
        }));
        var text = new StringWriter(CultureInfo.InvariantCulture);
        new YamlStream(new YamlDocument(resolved)).Save(text, assignAnchors: false);
        return text.ToString();
    }

    /// <summary>The environment common to all apps.</summary>
    public IEnumerable<KeyValuePair<string, string>> Environment =>
        _root.Children.TryGetValue("common", out var common) && common is YamlMappingNode mapping
            ? RunApp.EnvironmentOf(mapping)
            : [];

    internal static string? Text(YamlMappingNode node, string name) =>
        node.Children.TryGetValue(name, out var value) && value is YamlScalarNode { Value: { Length: > 0 } text } ? text : null;

    private static IEnumerable<YamlMappingNode> List(YamlMappingNode node, string name) =>
        node.Children.TryGetValue(name, out var value) && value is YamlSequenceNode list ? list.OfType<YamlMappingNode>() : [];

    private static YamlMappingNode Mapping(YamlMappingNode node, string name)
    {
        var mapping = node.Children.TryGetValue(name, out var value) && value is YamlMappingNode found ? Copy(found) : [];
        node.Children[name] = mapping;
        return mapping;
    }

    private static YamlMappingNode Copy(YamlMappingNode node) => new(node.Children);

    private static YamlScalarNode Number(int value) => new(value.ToString(CultureInfo.InvariantCulture));

}

/// <summary>One app of a run file, or a role of it.</summary>
/// <param name="role">The role's own app id, and what it adds to the environment; null for the app as the file has it.</param>
internal sealed class RunApp(YamlMappingNode entry, string runFileFolder, (string Id, IReadOnlyList<KeyValuePair<string, string>> Environment)? role = null)
{
    public YamlMappingNode Entry { get; } = entry;

    public string Folder { get; } = Path.GetFullPath(Path.Combine(runFileFolder, RunFile.Text(entry, "appDirPath")
        ?? throw new LocalHostException("An app of the run file has no appDirPath.")));

    public string Id => role?.Id ?? RunFile.Text(Entry, "appID") ?? Path.GetFileName(Folder);

    public IEnumerable<KeyValuePair<string, string>> Environment => [.. EnvironmentOf(Entry), .. role?.Environment ?? []];

    /// <summary>An app that no run file names.</summary>
    public static RunApp Guest(string id, string folder) => new(new YamlMappingNode("appDirPath", "."), folder, (id, []));

    /// <summary>The same app in a role of its own.</summary>
    public RunApp As(string id, params ReadOnlySpan<(string Name, string Value)> environment)
    {
        var added = new List<KeyValuePair<string, string>>();
        foreach (var (name, value) in environment)
            added.Add(new(name, value));
        return new RunApp(Entry, runFileFolder, (id, added));
    }

    internal static IEnumerable<KeyValuePair<string, string>> EnvironmentOf(YamlMappingNode node) =>
        node.Children.TryGetValue("env", out var env) && env is YamlMappingNode variables
            ? variables.Children.Select(pair => KeyValuePair.Create(pair.Key.ToString(), pair.Value.ToString()))
            : [];
}
