using System.Globalization;

namespace Agents.LocalRuntime.Resources;

/// <summary>
/// A component's metadata with all references resolved, read strictly: each component type asks for its fields by
/// name (case-insensitive, as in Dapr) and <see cref="Close"/> reports the rest.
/// </summary>
internal sealed class ComponentSettings(ComponentSpec spec, IReadOnlyDictionary<string, string> values, Problems problems)
{
    private readonly SortedSet<string> _known = new(StringComparer.OrdinalIgnoreCase);

    public ComponentSpec Spec => spec;

    public string? Text(string name, bool required = false)
    {
        _known.Add(name);
        var text = values.GetValueOrDefault(name);
        if (required && string.IsNullOrEmpty(text)) Report(name, "is required");
        return text;
    }

    public bool Bool(string name, bool otherwise = false)
    {
        switch (Text(name)?.ToLowerInvariant())
        {
            case null or "":
                return otherwise;
            case "true" or "1" or "yes" or "y" or "on" or "t":
                return true;
            case "false" or "0" or "no" or "n" or "off" or "f":
                return false;
            case var text:
                Report(name, $"'{text}' must be true or false");
                return otherwise;
        }
    }

    public int Int(string name, int otherwise, int min, int max)
    {
        if (Text(name) is not { Length: > 0 } text) return otherwise;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
            return value;
        Report(name, $"'{text}' must be a whole number from {min} to {max}");
        return otherwise;
    }

    public TimeSpan Duration(string name, TimeSpan otherwise)
    {
        if (Text(name) is not { Length: > 0 } text) return otherwise;
        if (GoDuration.TryParse(text, out var value) && value >= TimeSpan.Zero) return value;
        Report(name, $"'{text}' must be a duration such as 500ms, 5s or 1h");
        return otherwise;
    }

    public void Report(string name, string what) => problems.Add(spec.File, $"component {spec.Name}, metadata {name}", what);

    public void Close()
    {
        foreach (var name in values.Keys.Where(name => !_known.Contains(name)))
        {
            Report(name, $"is not a field of {spec.Type} here (allowed: {string.Join(", ", _known)})");
        }
    }
}
