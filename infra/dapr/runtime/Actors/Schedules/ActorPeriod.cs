using System.Globalization;
using System.Text.RegularExpressions;
using Agents.LocalRuntime.Resources;

namespace Agents.LocalRuntime.Actors.Schedules;

/// <summary>
/// A span as timers and reminders write it: a Go duration (<c>1h30m</c>) or an ISO 8601 duration of whole numbers
/// (<c>P1DT2H</c>), the latter with an optional number of firings in front (<c>R5/PT1S</c>).
/// </summary>
internal sealed partial record ActorPeriod(int Years, int Months, int Days, TimeSpan Span, int? Repeats)
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(36_500);

    public bool IsZero => Years == 0 && Months == 0 && Days == 0 && Span <= TimeSpan.Zero;

    /// <summary>Years, months, weeks or days are part of it.</summary>
    public bool HasDateParts => Years != 0 || Months != 0 || Days != 0;

    public static bool TryParse(string text, out ActorPeriod period)
    {
        period = null!;
        if (GoDuration.TryParse(text, out var span))
        {
            period = new(0, 0, 0, span, null);
            return span <= Longest;
        }

        var match = Iso().Match(text);
        if (!match.Success) return false;
        Span<int> numbers = stackalloc int[8];
        for (var i = 0; i < numbers.Length; i++)
        {
            var group = match.Groups[i + 1];
            if (group.Success && !int.TryParse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i])) return false;
        }

        var repeats = match.Groups[1].Success ? numbers[0] : (int?)null;
        if (repeats == 0 || numbers[1] > 100 || numbers[2] > 1_200 || numbers[3] > 5_200 || numbers[4] > 36_500) return false;
        var seconds = (numbers[5] * 3_600L) + (numbers[6] * 60L) + numbers[7];
        if (seconds > Longest.TotalSeconds) return false;
        period = new(numbers[1], numbers[2], (numbers[3] * 7) + numbers[4], TimeSpan.FromSeconds(seconds), repeats);
        return true;
    }

    public DateTimeOffset After(DateTimeOffset start) => start.AddYears(Years).AddMonths(Months).AddDays(Days) + Span;

    [GeneratedRegex(@"^(?:R(\d+)/)?P(?=[\dT])(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$")]
    private static partial Regex Iso();
}
