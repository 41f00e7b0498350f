namespace Agents.LocalRuntime.Resources;

/// <summary>A metadata item of a component: a value, or a reference to one in a secret store or the environment.</summary>
internal sealed record MetadataItem(string Name, string? Value, string? SecretName, string? SecretKey, string? EnvironmentName);

/// <summary>A <c>kind: Component</c> document.</summary>
internal sealed record ComponentSpec(
    string File,
    string Name,
    string Type,
    string Version,
    IReadOnlyList<MetadataItem> Metadata,
    string? SecretStore,
    IReadOnlyList<string> Scopes)
{
    /// <summary>Means the same, wherever it is written; secrets that it names may have changed all the same.</summary>
    public bool SameAs(ComponentSpec other) =>
        (Name, Type, Version, SecretStore) == (other.Name, other.Type, other.Version, other.SecretStore) && Metadata.SequenceEqual(other.Metadata);

    public static ComponentSpec Read(Section document, string name)
    {
        var spec = document.Map("spec", required: true);
        var items = new List<MetadataItem>();
        string? type = null, version = null;
        if (spec is not null)
        {
            type = spec.Text("type", required: true);
            version = spec.Text("version");
            foreach (var item in spec.Maps("metadata")) items.Add(ReadItem(item));
            spec.Ignore("ignoreErrors", "initTimeout");
            spec.Close();
        }

        var auth = document.Map("auth");
        var secretStore = auth?.Text("secretStore");
        auth?.Close();
        if (secretStore is null && items.Any(item => item.SecretName is not null))
        {
            document.Report("auth.secretStore", "is required when metadata uses secretKeyRef");
        }

        return new(document.File, name, type ?? "", version ?? "v1", items, secretStore, document.Texts("scopes"));
    }

    private static MetadataItem ReadItem(Section item)
    {
        var name = item.Text("name", required: true) ?? "";
        var reference = item.Map("secretKeyRef");
        var secretName = reference?.Text("name", required: true);
        var secretKey = reference?.Text("key") ?? secretName;
        reference?.Close();
        var variable = item.Text("envRef");
        if (variable is not null &&
            (variable.StartsWith("DAPR_", StringComparison.Ordinal) || variable == "APP_API_TOKEN" || variable.Contains(' ', StringComparison.Ordinal)))
        {
            item.Report("envRef", $"'{variable}' may not be used (DAPR_*, APP_API_TOKEN and names with spaces are refused)");
        }

        var result = new MetadataItem(name, item.Text("value"), secretName, secretKey, variable);
        item.Close();
        return result;
    }
}
