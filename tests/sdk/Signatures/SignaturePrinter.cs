using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Agents.SdkTests.Signatures;

/// <summary>
/// Prints what a caller can see of a type, one line for the type and one for each member it declares, in the format of
/// <c>official-signatures.txt</c>. Nullability of references is not part of it, because half of the official code does not state it.
/// </summary>
internal static class SignaturePrinter
{
    private const BindingFlags Declared =
        BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;

    public static IEnumerable<string> Print(Assembly assembly) => assembly.GetExportedTypes().SelectMany(Print);

    public static IEnumerable<string> Print(Type type)
    {
        var name = $"{type.Namespace}.{TypeNames.Of(type)}";
        yield return $"{name} = {Kind(type)}{Bases(type)}";
        foreach (var member in type.IsEnum ? Values(type) : Members(type)) yield return $"{name}.{member}";
    }

    private static IEnumerable<string> Values(Type type) =>
        Enum.GetNames(type).Zip(Enum.GetValuesAsUnderlyingType(type).Cast<object>(), (name, value) => $"{name} = {value}");

    private static IEnumerable<string> Members(Type type)
    {
        var constructors = type.GetConstructors(Declared).Where(it => !it.IsStatic && IsVisible(it)).Select(Print);
        // Records have a method whose name no caller can write.
        var methods = type.GetMethods(Declared).Where(it => !it.IsSpecialName && it.Name[0] != '<' && IsVisible(it)).Select(Print);
        var properties = type.GetProperties(Declared).Where(it => it.GetAccessors(true).Any(IsVisible)).Select(Print);
        var fields = type.GetFields(Declared).Where(it => it.IsPublic || it.IsFamily).Select(Print);
        return [.. constructors, .. methods, .. properties, .. fields];
    }

    private static string Print(ConstructorInfo constructor) =>
        $"new({Parameters(constructor)}){(constructor.IsFamily ? " : protected" : "")}";

    private static string Print(MethodInfo method)
    {
        var head = $"{method.Name}{TypeNames.Arguments(method.GetGenericArguments())}({Parameters(method)})";
        return $"{head} : {Modifiers(method)}{TypeNames.Of(method.ReturnParameter)}{Constraints(method)}";
    }

    private static string Print(PropertyInfo property)
    {
        var modifiers = Modifiers(property.GetAccessors(true).First(IsVisible));
        return $"{property.Name} {{ {Accessors(property)} }} : {modifiers}{TypeNames.Of(property.PropertyType)}";
    }

    private static string Print(FieldInfo field)
    {
        var kind = field.IsLiteral ? "const" : field.IsStatic ? "static field" : "field";
        return $"{field.Name} : {kind} {TypeNames.Of(field.FieldType)}{Constant(field)}";
    }

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Kind(Type type) => type switch
    {
        { IsEnum: true } => "enum",
        { IsValueType: true } => "struct",
        { IsInterface: true } => "interface",
        { IsAbstract: true, IsSealed: true } => "static class",
        { IsAbstract: true } => "abstract class",
        { IsSealed: true } => "sealed class",
        _ => "class",
    };

    private static string Bases(Type type)
    {
        if (type.IsEnum) return "";
        var inherited = type.BaseType?.GetInterfaces() ?? [];
        var interfaces = type.GetInterfaces();
        var direct = interfaces.Except(inherited).Except(interfaces.SelectMany(it => it.GetInterfaces()));
        var bases = type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType) ? direct.Append(parent) : direct;
        var names = bases.Select(TypeNames.Of).Order(StringComparer.Ordinal).ToList();
        return names.Count == 0 ? "" : $" : {string.Join(", ", names)}";
    }

    private static string Modifiers(MethodInfo method)
    {
        var text = method.IsFamily || method.IsFamilyOrAssembly ? "protected " : "";
        if (method.IsStatic) return text + "static ";
        if (method.DeclaringType!.IsInterface || !method.IsVirtual) return text;
        if (method.IsAbstract) return text + "abstract ";
        if (method.GetBaseDefinition() != method) return text + "override ";
        return method.IsFinal ? text : text + "virtual ";
    }

    private static string Accessors(PropertyInfo property)
    {
        var get = property.GetMethod is { } getter && IsVisible(getter) ? "get;" : null;
        var set = property.SetMethod is { } setter && IsVisible(setter)
            ? setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? "init;" : "set;"
            : null;
        return string.Join(' ', new[] { get, set }.OfType<string>());
    }

    private static string Parameters(MethodBase method)
    {
        var prefix = method.IsDefined(typeof(ExtensionAttribute)) ? "this " : "";
        return prefix + string.Join(", ", method.GetParameters().Select(it => $"{TypeNames.Of(it)} {it.Name}{Default(it)}"));
    }

    private static string Default(ParameterInfo parameter)
    {
        if (!parameter.HasDefaultValue) return "";
        var type = parameter.ParameterType;
        if (parameter.RawDefaultValue is not { } value)
            return type.IsValueType && Nullable.GetUnderlyingType(type) is null ? " = default" : " = null";
        return type.IsEnum ? $" = {type.Name}.{Enum.ToObject(type, value)}" : $" = {Literal(value)}";
    }

    private static string Constant(FieldInfo field) => field.IsLiteral ? $" = {Literal(field.GetRawConstantValue()!)}" : "";

    private static string Literal(object value) => value switch
    {
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        _ => string.Format(CultureInfo.InvariantCulture, "{0}", value),
    };

    private static string Constraints(MethodInfo method) => string.Concat(
        from argument in method.GetGenericArguments()
        let constraints = argument.GetGenericParameterConstraints()
        where constraints.Length > 0
        select $" where {argument.Name} : {string.Join(", ", constraints.Select(TypeNames.Of))}");
}
