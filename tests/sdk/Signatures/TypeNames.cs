using System.Reflection;
using System.Runtime.CompilerServices;

namespace Agents.SdkTests.Signatures;

/// <summary>Names of types as C# writes them, without namespaces.</summary>
internal static class TypeNames
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(int)] = "int",
        [typeof(long)] = "long",
        [typeof(double)] = "double",
    };

    public static string Of(Type type) => Of(type, []);

    /// <summary>The type of a parameter or of a result, with the names of tuple elements, which callers use too.</summary>
    public static string Of(ParameterInfo parameter)
    {
        var names = new Queue<string?>(parameter.GetCustomAttribute<TupleElementNamesAttribute>()?.TransformNames ?? []);
        var type = parameter.ParameterType;
        return type.IsByRef ? $"{(parameter.IsOut ? "out" : "ref")} {Of(type.GetElementType()!, names)}" : Of(type, names);
    }

    public static string Arguments(IReadOnlyCollection<Type> types) => types.Count == 0 ? "" : $"<{string.Join(", ", types.Select(Of))}>";

    private static string Of(Type type, Queue<string?> tupleNames)
    {
        if (Keywords.TryGetValue(type, out var keyword)) return keyword;
        if (type.IsArray) return Of(type.GetElementType()!, tupleNames) + "[]";
        if (Nullable.GetUnderlyingType(type) is { } inner) return Of(inner, tupleNames) + "?";
        if (!type.IsGenericType) return type.Name;
        if (type.IsAssignableTo(typeof(ITuple))) return Tuple(type, tupleNames);
        var arguments = string.Join(", ", type.GetGenericArguments().Select(it => Of(it, tupleNames)));
        return $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{arguments}>";
    }

    private static string Tuple(Type type, Queue<string?> names)
    {
        // The compiler lists the names of a tuple before those of the tuples inside it.
        var elements = type.GetGenericArguments().Select(it => (Type: it, Name: names.TryDequeue(out var name) ? name : null)).ToList();
        return $"({string.Join(", ", elements.Select(it => it.Name is null ? Of(it.Type, names) : $"{Of(it.Type, names)} {it.Name}"))})";
    }
}
