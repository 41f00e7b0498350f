using System.Text.Json;
using Agents.Defaults.Errors;

namespace Agents.Defaults.Api;

/// <summary>Checks of single fields: null when the value is fine, else what to tell the caller.</summary>
public static class Checks
{
    public static Problem? Text(string field, string? value, int max) => value switch
    {
        null => Problem.Invalid(field, $"{field} is required."),
        _ when string.IsNullOrWhiteSpace(value) => Problem.Invalid(field, $"{field} must not be empty."),
        _ => Optional(field, value, max),
    };

    public static Problem? Optional(string field, string? value, int max) => value switch
    {
        { } when value.Length > max => Problem.Invalid(field, $"{field} has {value.Length} characters; at most {max} are accepted."),
        { } when HasLoneSurrogate(value) => Problem.Invalid(field, $"{field} is not valid Unicode."),
        { } when value.Contains('\0', StringComparison.Ordinal) => Problem.Invalid(field, $"{field} contains a NUL character."),
        _ => null,
    };

    public static Problem? Items(string field, IReadOnlyCollection<string?>? values, int maxItems, int maxLength)
    {
        if (values is null)
            return null;
        if (values.Count > maxItems)
            return Problem.Invalid(field, $"{field} has {values.Count} items; at most {maxItems} are accepted.");
        return values.Select(value => Text(field, value, maxLength)).FirstOrDefault(refusal => refusal is not null);
    }

    /// <summary>One of an enumeration's names as the API writes them; <paramref name="chosen"/> is null when nothing was chosen.</summary>
    public static Problem? Choice<T>(string field, string? value, out T? chosen)
        where T : struct, Enum
    {
        var found = Enum.GetValues<T>().Where(choice => NameOf(choice) == value).ToList();
        chosen = found.Count == 1 ? found[0] : null;
        return value is null || chosen is not null
            ? null
            : Problem.Invalid(field, $"{field} must be one of {string.Join(", ", Enum.GetValues<T>().Select(choice => NameOf(choice)))}.");

        static string NameOf(T choice) => JsonNamingPolicy.SnakeCaseLower.ConvertName(choice.ToString());
    }

    public static Problem? Metadata(string field, IReadOnlyDictionary<string, string>? values)
    {
        if (values is null)
            return null;
        if (values.Count > 16)
            return Problem.Invalid(field, $"{field} has {values.Count} entries; at most 16 are accepted.");
        return values.Select(pair => Text(field, pair.Key, 64) ?? Value(field, pair.Value)).FirstOrDefault(refusal => refusal is not null);
    }

    // JSON may put null where the type says string: the nullability of type arguments is not checked.
    private static Problem? Value(string field, string? value) =>
        value is null ? Problem.Invalid(field, $"{field} has a null value; values are text.") : Optional(field, value, 512);

    private static bool HasLoneSurrogate(string value)
    {
        for (var i = 0; i < value.Length; i++)
        {
            if (char.IsHighSurrogate(value[i]) && i + 1 < value.Length && char.IsLowSurrogate(value[i + 1]))
                i++;
            else if (char.IsSurrogate(value[i]))
                return true;
        }
        return false;
    }
}
