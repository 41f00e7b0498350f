namespace Agents.LocalRuntime.Resources;

/// <summary>Which secrets of one store an app may read.</summary>
internal sealed record SecretScope(bool DenyByDefault, IReadOnlySet<string> Allowed, IReadOnlySet<string> Denied)
{
    /// <summary>daprd's order: a denied name is denied, a list of allowed names allows nothing else, then the default.</summary>
    public bool Allows(string name) =>
        !Denied.Contains(name) && (Allowed.Count > 0 ? Allowed.Contains(name) : !DenyByDefault);
}

/// <summary>The parts of a <c>kind: Configuration</c> document that mean something to this runtime.</summary>
internal sealed record ConfigurationSpec(IReadOnlyDictionary<string, SecretScope> SecretScopes, IReadOnlySet<string> Features)
{
    public static readonly ConfigurationSpec Empty = new(new Dictionary<string, SecretScope>(), new HashSet<string>());

    public static ConfigurationSpec Load(string file, Problems problems)
    {
        var scopes = new Dictionary<string, SecretScope>();
        var features = new HashSet<string>();
        foreach (var document in YamlFile.Read(file, problems))
        {
            if (document.Text("kind") != "Configuration")
            {
                document.Report("kind", "must be Configuration");
                continue;
            }

            document.Ignore("apiVersion", "metadata", "scopes");
            if (document.Map("spec") is not { } spec) continue;
            if (spec.Map("secrets") is { } secrets)
            {
                foreach (var scope in secrets.Maps("scopes")) ReadScope(scope, scopes);
                secrets.Close();
            }

            foreach (var feature in spec.Maps("features"))
            {
                var name = feature.Text("name", required: true);
                if (feature.Bool("enabled") == true && name is not null) features.Add(name);
                feature.Close();
            }

            spec.Ignore(
                "accessControl", "api", "appHttpPipeline", "components", "httpPipeline", "logging", "metric", "metrics",
                "mtls", "nameResolution", "tracing", "wasm", "workflow");
            spec.Close();
            document.Close();
        }

        return new(scopes, features);
    }

    private static void ReadScope(Section scope, Dictionary<string, SecretScope> scopes)
    {
        var store = scope.Text("storeName", required: true);
        var access = scope.Text("defaultAccess") ?? "allow";
        if (access is not ("allow" or "deny")) scope.Report("defaultAccess", $"'{access}' must be allow or deny");
        var result = new SecretScope(access == "deny", scope.Texts("allowedSecrets").ToHashSet(), scope.Texts("deniedSecrets").ToHashSet());
        scope.Close();
        if (store is not null) scopes[store] = result;
    }
}
