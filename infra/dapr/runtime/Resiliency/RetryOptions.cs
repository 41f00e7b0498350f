using System.Globalization;
using Agents.LocalRuntime.Resources;

namespace Agents.LocalRuntime.Resiliency;

/// <summary>A retry policy of a Resiliency resource.</summary>
/// <param name="Exponential">Growing waits (0.5 s, times 1.5, +-50 %) instead of constant ones.</param>
/// <param name="Wait">The constant wait, or the longest one.</param>
/// <param name="MaxRetries">Further attempts after the first; -1 for no end.</param>
/// <param name="Statuses">HTTP statuses worth a retry, or null for every failure.</param>
internal sealed record RetryOptions(bool Exponential, TimeSpan Wait, int MaxRetries, IReadOnlyList<(int From, int To)>? Statuses)
{
    private static readonly TimeSpan FirstExponentialWait = TimeSpan.FromMilliseconds(500);

    public static RetryOptions Read(Section section)
    {
        var policy = section.Text("policy", required: true) ?? "constant";
        if (policy is not ("constant" or "exponential")) section.Report("policy", $"'{policy}' must be constant or exponential");
        var exponential = policy == "exponential";
        var duration = section.Duration("duration") ?? TimeSpan.FromSeconds(5);
        var longest = section.Duration("maxInterval") ?? TimeSpan.FromSeconds(60);
        var retries = section.Int("maxRetries", -1, int.MaxValue) ?? -1;
        IReadOnlyList<(int, int)>? statuses = null;
        if (section.Map("matching") is { } matching)
        {
            if (matching.Text("httpStatusCodes") is { } text) statuses = ReadStatuses(matching, text);
            matching.Ignore("gRPCStatusCodes");
            matching.Close();
        }

        section.Close();
        return new(exponential, exponential ? longest : duration, retries, statuses);
    }

    public bool Allows(int retriesDone, int? status) =>
        (MaxRetries < 0 || retriesDone < MaxRetries) &&
        (status is not { } code || Statuses is null || Statuses.Any(range => code >= range.From && code <= range.To));

    public TimeSpan WaitBefore(int retry)
    {
        if (!Exponential) return Wait;
        var grown = FirstExponentialWait * Math.Pow(1.5, Math.Min(retry, 50)) * (0.5 + Random.Shared.NextDouble());
        return grown < Wait ? grown : Wait;
    }

    private static List<(int, int)> ReadStatuses(Section section, string text)
    {
        var ranges = new List<(int, int)>();
        foreach (var item in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var ends = item.Split('-');
            if (ends.Length <= 2 && Status(ends[0]) is { } from && Status(ends[^1]) is { } to && from <= to) ranges.Add((from, to));
            else section.Report("httpStatusCodes", $"'{item}' must be a status such as 429 or a range such as 500-599");
        }

        return ranges;
    }

    private static int? Status(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var status) && status is >= 100 and <= 599 ? status : null;
}
