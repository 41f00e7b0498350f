using System.Globalization;
using System.Text;

namespace Agents.Analytics.Series;

/// <summary>A table as RFC 4180 has it, in UTF-8. Text that a spreadsheet would take for a formula gets an apostrophe in front.</summary>
internal sealed class Csv
{
    private readonly StringBuilder _text = new();

    public Csv(IReadOnlyList<string> columns) => Add(columns);

    /// <summary>Adds a row of text, numbers, times and nulls.</summary>
    public void Add(IReadOnlyList<object?> row) => _text.AppendJoin(',', row.Select(Show)).Append("\r\n");

    public override string ToString() => _text.ToString();

    /// <summary>The table as a file to be saved.</summary>
    public IResult ToResult(string name) => TypedResults.File(Encoding.UTF8.GetBytes(_text.ToString()), "text/csv; charset=utf-8", name);

    private static string Show(object? value) => value switch
    {
        null => "",
        DateTimeOffset moment => moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        string text => Show(text),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => Show(value.ToString() ?? ""),
    };

    private static string Show(string text)
    {
        if (text.Length > 0 && "=+-@\t\r".Contains(text[0], StringComparison.Ordinal))
            text = "'" + text;
        return text.AsSpan().ContainsAny(",\"\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }
}
