using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Agents.LocalRuntime.Resources;

/// <summary>The documents of a YAML file as <see cref="Section"/>s.</summary>
internal static class YamlFile
{
    private const long LargestFile = 4 << 20;

    public static IReadOnlyList<Section> Read(string file, Problems problems)
    {
        var sections = new List<Section>();
        try
        {
            if (new FileInfo(file).Length > LargestFile)
            {
                problems.Add(file, "", $"is larger than {LargestFile} bytes");
                return sections;
            }

            using var text = new StreamReader(file);
            var yaml = new YamlStream();
            yaml.Load(text);
            for (var i = 0; i < yaml.Documents.Count; i++)
            {
                var where = yaml.Documents.Count == 1 ? file : $"{file} (document {i + 1})";
                if (yaml.Documents[i].RootNode is YamlMappingNode map) sections.Add(new Section(problems, where, "", map));
                else if (yaml.Documents[i].RootNode is not YamlScalarNode { Value: null or "" })
                    problems.Add(where, "", "must be a mapping");
            }
        }
        catch (YamlException error)
        {
            problems.Add(file, "", $"is not valid YAML, line {error.Start.Line}: {error.InnerException?.Message ?? error.Message}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            problems.Add(file, "", $"cannot be read: {error.Message}");
        }

        return sections;
    }
}
