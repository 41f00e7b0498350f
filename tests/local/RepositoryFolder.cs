using Agents.Local.Topology;
using YamlDotNet.RepresentationModel;

namespace Agents.Local.Tests;

/// <summary>The files of this checkout.</summary>
internal static class RepositoryFolder
{
    public static string Root { get; } = Programs.RepositoryRoot();

    public static string PathOf(params ReadOnlySpan<string> parts) => Path.Combine([Root, .. parts]);

    public static YamlMappingNode Yaml(params ReadOnlySpan<string> parts)
    {
        using var reader = File.OpenText(PathOf(parts));
        var yaml = new YamlStream();
        yaml.Load(reader);
        return (YamlMappingNode)yaml.Documents.Single().RootNode;
    }

    public static IEnumerable<YamlMappingNode> List(this YamlMappingNode node, string name) =>
        ((YamlSequenceNode)node.Children[name]).Cast<YamlMappingNode>();

    public static string Text(this YamlMappingNode node, string name) => ((YamlScalarNode)node.Children[name]).Value!;

    public static IEnumerable<string> Fields(this YamlMappingNode node) => node.Children.Keys.Select(key => key.ToString());
}
