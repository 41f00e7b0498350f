namespace Dapr.Client;

/// <summary>Builds paths of the sidecar's API; names and keys are escaped, so a slash in a key stays in the key.</summary>
internal static class SidecarUrl
{
    public static string Path(params ReadOnlySpan<string> segments)
    {
        var path = "";
        foreach (var segment in segments) path += "/" + Uri.EscapeDataString(segment);
        return path;
    }

    public static string WithQuery(this string path, IEnumerable<KeyValuePair<string, string>> parameters)
    {
        var query = string.Join('&', parameters.Select(p => $"{Uri.EscapeDataString(p.Key)}={Uri.EscapeDataString(p.Value)}"));
        return query.Length == 0 ? path : $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{query}";
    }

    public static string WithMetadata(this string path, IEnumerable<KeyValuePair<string, string>>? metadata) =>
        path.WithQuery((metadata ?? []).Select(item => KeyValuePair.Create($"metadata.{item.Key}", item.Value)));
}
