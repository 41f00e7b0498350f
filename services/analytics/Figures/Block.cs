using System.Globalization;

namespace Agents.Analytics.Figures;

/// <summary>How long a stretch of time is that has figures of its own. The names are stored.</summary>
internal enum Grain
{
    Minute,
    Hour,
    Day,
}

/// <summary>A whole minute, hour or day, UTC.</summary>
/// <param name="Number">Since 1970.</param>
internal readonly record struct Block(Grain Grain, long Number)
{
    public static TimeSpan Length(Grain grain) => grain switch
    {
        Grain.Minute => TimeSpan.FromMinutes(1),
        Grain.Hour => TimeSpan.FromHours(1),
        _ => TimeSpan.FromDays(1),
    };

    public DateTimeOffset Start => DateTimeOffset.UnixEpoch + Length(Grain) * Number;

    public DateTimeOffset End => DateTimeOffset.UnixEpoch + Length(Grain) * (Number + 1);

    public static Block At(Grain grain, DateTimeOffset moment) => new(grain, (long)Math.Floor((moment - DateTimeOffset.UnixEpoch) / Length(grain)));

    /// <summary>The hour of a minute, the day of an hour.</summary>
    public Block Above => new(Grain + 1, Number / Parts(Grain + 1));

    /// <summary>The minutes of an hour, the hours of a day.</summary>
    public IEnumerable<Block> Below()
    {
        var parts = Parts(Grain);
        for (var part = Number * parts; part < (Number + 1) * parts; part++)
            yield return new Block(Grain - 1, part);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{char.ToLowerInvariant(Grain.ToString()[0])}/{Number}");

    private static int Parts(Grain grain) => grain == Grain.Day ? 24 : 60;
}
