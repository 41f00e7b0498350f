using System.Text.Json;
using YamlDotNet.RepresentationModel;

namespace Agents.Chart.Tests;

/// <summary>The values of a chart as a table, from <c>values.yaml</c>: each key with a comment that begins with <c>--</c>.</summary>
internal sealed class ValuesTable
{
    private static readonly JsonSerializerOptions Compact = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string[] _lines;
    private readonly List<string> _rows = [];

    private ValuesTable(string text) => _lines = text.Split('\n');

    /// <summary>Keys that neither have a comment nor lie within one that has.</summary>
    public List<string> Undocumented { get; } = [];

    public string Text => "| value | default | |\n|---|---|---|\n" + string.Join('\n', _rows) + "\n";

    public static ValuesTable Of(string text)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        var table = new ValuesTable(text);
        table.Walk((YamlMappingNode)yaml.Documents.Single().RootNode, YamlText.Documents(text).Single(), "");
        return table;
    }

    private void Walk(YamlMappingNode mapping, JsonNode values, string path)
    {
        foreach (var (key, value) in mapping.Children)
        {
            var name = path + key;
            var found = values[key.ToString()];
            if (Comment((int)key.Start.Line) is { } comment)
                _rows.Add($"| `{name}` | {Code(found)} | {comment} |");
            else if (value is YamlMappingNode { Children.Count: > 0 } inner)
                Walk(inner, found!, name + ".");
            else
                Undocumented.Add(name);
        }
    }

    /// <summary>The comment right above a line, counted from 1.</summary>
    private string? Comment(int line)
    {
        var lines = _lines.Take(line - 1).Reverse().TakeWhile(text => text.TrimStart().StartsWith('#')).Select(text => text.TrimStart(' ', '#').Trim()).Reverse().ToList();
        var begin = lines.FindIndex(text => text.StartsWith("-- ", StringComparison.Ordinal));
        return begin < 0 ? null : string.Join(' ', lines.Skip(begin))[3..].Replace("|", "\\|", StringComparison.Ordinal);
    }

    private static string Code(JsonNode? value) => $"`{value?.ToJsonString(Compact).Replace("|", "\\|", StringComparison.Ordinal)}`";
}
