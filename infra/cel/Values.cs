using System.Text.Json;

namespace Agents.Cel;

/// <summary>What the operators of <see cref="Expression"/> do with values.</summary>
internal static class Values
{
    public static bool Truth(object? value) => value is bool truth ? truth : throw new CelException("a condition was expected");

    public static bool TryMember(object? target, string name, out object? value)
    {
        if (target is not JsonElement { ValueKind: JsonValueKind.Object } json)
            throw new CelException($"'{name}' is asked of something that has no members");
        var found = json.TryGetProperty(name, out var member);
        value = found ? FromJson(member) : null;
        return found;
    }

    public static bool Same(object? a, object? b) => (a, b) switch
    {
        (JsonElement left, JsonElement right) => JsonElement.DeepEquals(left, right),
        _ => Equals(a, b),
    };

    public static int Compare(object? a, object? b) => (a, b) switch
    {
        (double left, double right) => left.CompareTo(right),
        (string left, string right) => string.CompareOrdinal(left, right),
        _ => throw new CelException("only two numbers or two strings can be ordered"),
    };

    public static bool Contains(object? container, object? item) => container switch
    {
        IReadOnlyList<object?> list => list.Any(other => Same(other, item)),
        JsonElement { ValueKind: JsonValueKind.Array } array => array.EnumerateArray().Any(other => Same(FromJson(other), item)),
        JsonElement { ValueKind: JsonValueKind.Object } map => item is string name && map.TryGetProperty(name, out _),
        _ => throw new CelException("'in' needs a list or a map"),
    };

    public static object? FromJson(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => json.GetString(),
        JsonValueKind.Number => json.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Null => null,
        _ => json,
    };
}
