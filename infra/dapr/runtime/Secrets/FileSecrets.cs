using System.Text.Json;

namespace Agents.LocalRuntime.Secrets;

/// <summary>
/// <c>secretstores.local.file</c>: a JSON file, read once. Nested members are flattened with a separator; with several
/// values allowed, the members of a top-level object stay together as one secret.
/// </summary>
internal sealed class FileSecrets : ISecretStore
{
    private readonly Dictionary<string, IReadOnlyDictionary<string, string>> _secrets = [];

    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="JsonException">The file is no JSON object.</exception>
    public FileSecrets(string file, string separator, bool multiValued)
    {
        Capabilities = multiValued ? ["MULTIPLE_KEY_VALUES_PER_SECRET"] : [];
        using var document = JsonDocument.Parse(File.ReadAllBytes(file));
        if (document.RootElement.ValueKind != JsonValueKind.Object) throw new JsonException("must be a JSON object");
        foreach (var member in document.RootElement.EnumerateObject())
        {
            if (multiValued && member.Value.ValueKind == JsonValueKind.Object)
            {
                _secrets[member.Name] = member.Value.EnumerateObject().SelectMany(inner => Flatten(inner.Name, inner.Value, separator)).ToDictionary();
            }
            else
            {
                foreach (var (name, value) in Flatten(member.Name, member.Value, separator))
                    _secrets[name] = new Dictionary<string, string> { [name] = value };
            }
        }
    }

    public IReadOnlyList<string> Capabilities { get; }

    public IReadOnlyDictionary<string, string>? Get(string name) => _secrets.GetValueOrDefault(name);

    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> GetAll() => _secrets;

    private static IEnumerable<KeyValuePair<string, string>> Flatten(string name, JsonElement value, string separator) =>
        value.ValueKind switch
        {
            JsonValueKind.Object => value.EnumerateObject().SelectMany(member => Flatten(name + separator + member.Name, member.Value, separator)),
            JsonValueKind.Array => value.EnumerateArray().SelectMany((item, index) => Flatten($"{name}{separator}{index}", item, separator)),
            JsonValueKind.String => [new(name, value.GetString()!)],
            _ => [new(name, GoText(value))],
        };

    /// <summary>daprd prints what is no string with Go's %s, and clients have seen that.</summary>
    private static string GoText(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => $"%!s(float64={value.GetRawText()})",
        JsonValueKind.Null => "%!s(<nil>)",
        _ => $"%!s(bool={value.GetRawText()})",
    };
}
