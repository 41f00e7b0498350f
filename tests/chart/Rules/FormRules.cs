using Agents.Chart.Tests.Helm;

namespace Agents.Chart.Tests.Rules;

/// <summary>How any object is written.</summary>
internal static class FormRules
{
    public static IReadOnlyList<Rule> All { get; } = [Names, Nulls, Labels];

    private static IEnumerable<string> Names(Rendering rendering)
    {
        foreach (var same in rendering.Objects.GroupBy(found => (found.Kind, found.Name)).Where(same => same.Count() > 1))
            yield return $"{same.First()} is there twice";
        foreach (var found in rendering.Objects)
        {
            if (found.Node.At("metadata").TextOrNull("namespace") != Rendering.Namespace)
                yield return $"{found} does not name its namespace";
            if (found.Name.Length > 63 || !found.Name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.'))
                yield return $"{found} is no name";
        }
    }

    // The API server ignores them; a tool that compares what is with what should be does not.
    private static IEnumerable<string> Nulls(Rendering rendering) =>
        from found in rendering.Objects
        from node in found.Node.Within()
        from property in node
        where property.Value is null
        select $"{found}: {property.Key} is null";

    private static IEnumerable<string> Labels(Rendering rendering) =>
        from found in rendering.Objects
        where found.Node["metadata"]?["labels"] is not null
        from label in new[] { "name", "instance", "component", "part-of", "version", "managed-by" }
        where found.Node.At("metadata/labels").TextOrNull($"app.kubernetes.io/{label}") is null
        select $"{found} has no label {label}";
}
