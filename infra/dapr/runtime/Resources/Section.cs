using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Agents.LocalRuntime.Resources;

/// <summary>
/// A YAML mapping read strictly: every field is asked for by name, and <see cref="Close"/> reports those nobody asked
/// for together with the ones that exist. Wrong kinds of values are reported where they are read.
/// </summary>
internal sealed class Section(Problems problems, string file, string path, YamlMappingNode node)
{
    private readonly SortedSet<string> _known = new(StringComparer.Ordinal);

    public string File => file;

    public bool Has(string name) => Find(name) is not null;

    public IEnumerable<string> Names => node.Children.Keys.Select(Scalar);

    public static string Scalar(YamlNode node) => (node as YamlScalarNode)?.Value ?? "";

    public void Report(string name, string what) => problems.Add(file, Join(name), what);

    public string? Text(string name, bool required = false)
    {
        switch (Find(name))
        {
            case null:
                if (required) Report(name, "is required");
                return null;
            case YamlScalarNode scalar when !IsNull(scalar):
                if (required && scalar.Value is null or "") Report(name, "must not be empty");
                return scalar.Value;
            case YamlScalarNode:
                if (required) Report(name, "is required");
                return null;
            default:
                Report(name, "must be a single value");
                return null;
        }
    }

    public int? Int(string name, int min, int max)
    {
        if (Text(name) is not { } text) return null;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
            return value;
        Report(name, $"'{text}' must be a whole number from {min} to {max}");
        return null;
    }

    public bool? Bool(string name)
    {
        if (Text(name) is not { } text) return null;
        if (bool.TryParse(text, out var value)) return value;
        Report(name, $"'{text}' must be true or false");
        return null;
    }

    public TimeSpan? Duration(string name)
    {
        if (Text(name) is not { } text) return null;
        if (GoDuration.TryParse(text, out var value) && value >= TimeSpan.Zero) return value;
        Report(name, $"'{text}' must be a duration such as 500ms, 5s or 1m30s");
        return null;
    }

    public Section? Map(string name, bool required = false)
    {
        switch (Find(name))
        {
            case YamlMappingNode map:
                return new Section(problems, file, Join(name), map);
            case null:
            case YamlScalarNode scalar when IsNull(scalar):
                if (required) Report(name, "is required");
                return null;
            default:
                Report(name, "must be a mapping");
                return null;
        }
    }

    public IReadOnlyList<Section> Maps(string name)
    {
        var sections = new List<Section>();
        var index = 0;
        foreach (var item in Items(name))
        {
            var itemPath = $"{Join(name)}[{index++}]";
            if (item is YamlMappingNode map) sections.Add(new Section(problems, file, itemPath, map));
            else problems.Add(file, itemPath, "must be a mapping");
        }

        return sections;
    }

    public IReadOnlyList<string> Texts(string name)
    {
        var texts = new List<string>();
        foreach (var item in Items(name))
        {
            if (item is YamlScalarNode { Value: { } text }) texts.Add(text);
            else Report(name, "must be a list of single values");
        }

        return texts;
    }

    /// <summary>Fields that daprd has a use for and this runtime has none.</summary>
    public void Ignore(params ReadOnlySpan<string> names)
    {
        foreach (var name in names) _known.Add(name);
    }

    /// <summary>Reports the fields that were never asked for.</summary>
    public void Close()
    {
        foreach (var name in Names.Where(name => !_known.Contains(name)))
        {
            Report(name, $"is not a known field (allowed: {string.Join(", ", _known)})");
        }
    }

    private IEnumerable<YamlNode> Items(string name)
    {
        switch (Find(name))
        {
            case YamlSequenceNode sequence:
                return sequence.Children;
            case null:
            case YamlScalarNode scalar when IsNull(scalar):
                return [];
            default:
                Report(name, "must be a list");
                return [];
        }
    }

    private YamlNode? Find(string name)
    {
        _known.Add(name);
        return node.Children.FirstOrDefault(child => Scalar(child.Key) == name).Value;
    }

    private string Join(string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static bool IsNull(YamlScalarNode scalar) =>
        scalar.Style == ScalarStyle.Plain && scalar.Value is null or "" or "~" or "null";
}
