using System.Globalization;

namespace Agents.Analytics.Archive;

/// <summary>One ledger of the archive: what one replica received on one day. <see cref="ToString"/> and <see cref="Parse"/> are each other's inverse.</summary>
/// <param name="Day">By the clock of the replica, UTC.</param>
internal readonly record struct Segment(DateOnly Day, string Replica)
{
    private const string Format = "yyyyMMdd";

    public static Segment Parse(string text) => new(ParseDay(text[..Format.Length]), text[(Format.Length + 1)..]);

    public static DateOnly ParseDay(string text) => DateOnly.ParseExact(text, Format, CultureInfo.InvariantCulture);

    public static string Text(DateOnly day) => day.ToString(Format, CultureInfo.InvariantCulture);

    public override string ToString() => $"{Text(Day)}/{Replica}";
}
