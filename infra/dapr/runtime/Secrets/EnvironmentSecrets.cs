using System.Collections;

namespace Agents.LocalRuntime.Secrets;

/// <summary><c>secretstores.local.env</c>: environment variables with an optional prefix. An unset one is empty, as in daprd.</summary>
internal sealed class EnvironmentSecrets(string prefix, IReadOnlyDictionary<string, string> overrides) : ISecretStore
{
    public IReadOnlyList<string> Capabilities { get; } = [];

    public IReadOnlyDictionary<string, string>? Get(string name)
    {
        var value = IsHidden(name) || IsHidden(prefix + name) ? null
            : overrides.GetValueOrDefault(prefix + name) ?? Environment.GetEnvironmentVariable(prefix + name);
        return new Dictionary<string, string> { [name] = value ?? "" };
    }

    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> GetAll()
    {
        var names = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(entry => (string)entry.Key).Concat(overrides.Keys);
        return names.Distinct()
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal) && !IsHidden(name))
            .ToDictionary(name => name[prefix.Length..], name => Get(name[prefix.Length..])!);
    }

    /// <summary>The tokens between apps and sidecars are nobody's secret to read.</summary>
    private static bool IsHidden(string name) => name is "APP_API_TOKEN" || name.StartsWith("DAPR_", StringComparison.Ordinal);
}
