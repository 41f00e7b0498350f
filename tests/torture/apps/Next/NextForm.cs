using System.Text.Json.Serialization.Metadata;

namespace Agents.Defaults.Api;

/// <summary>
/// The form of a later version: what is stored, published or sent between services says which version wrote it, and has a member more.
/// Within this namespace it stands before the framework's type of the same name, so that the source of the services is what it is.
/// </summary>
internal sealed class DefaultJsonTypeInfoResolver : System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver
{
    public DefaultJsonTypeInfoResolver() => Modifiers.Add(Grow);

    private static void Grow(JsonTypeInfo type)
    {
        if (type.Kind != JsonTypeInfoKind.Object || type.Type.Namespace?.StartsWith("Agents.", StringComparison.Ordinal) != true)
            return;
        Add(type, "form_version", 2);
        Add(type, "since_next", "a member that the version before does not know");
    }

    private static void Add<T>(JsonTypeInfo type, string name, T value)
    {
        var property = type.CreateJsonPropertyInfo(typeof(T), name);
        property.Get = _ => value;
        type.Properties.Add(property);
    }
}
