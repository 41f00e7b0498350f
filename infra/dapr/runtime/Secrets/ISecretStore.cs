namespace Agents.LocalRuntime.Secrets;

/// <summary>A secret store. A secret is one or several named values.</summary>
internal interface ISecretStore
{
    /// <summary>As daprd's metadata lists them.</summary>
    IReadOnlyList<string> Capabilities { get; }

    /// <summary>The secret's values, or null when there is none of that name.</summary>
    IReadOnlyDictionary<string, string>? Get(string name);

    IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> GetAll();
}
