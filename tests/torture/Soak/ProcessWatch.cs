using System.Diagnostics;
using System.Globalization;
using Agents.Local.Processes;

namespace Agents.Torture.Soak;

/// <summary>
/// Memory and open files of processes that live through the whole run, on Linux; what counts is the last two thirds. Each look makes
/// them collect first: how much garbage lies about between two collections says nothing of growth.
/// </summary>
internal sealed class ProcessWatch(IReadOnlyList<Child> children)
{
    private const double MostPercentPerHour = 1;
    private const double Megabyte = 1_048_576;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>What was freed goes back to the system after some collections; the least counts.</summary>
    private const int Collections = 3;

    /// <summary>A process that stands still longer is looked at the next time.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    private readonly Dictionary<string, int> _restarts = children.ToDictionary(child => child.Name, child => child.Restarts);
    private readonly List<Sample> _samples = [];
    private readonly long _started = Stopwatch.GetTimestamp();

    private readonly record struct Sample(double Hours, IReadOnlyList<long> Each, double Files)
    {
        public double Bytes => Each.Sum();
    }

    /// <summary>Processes that ended although nobody hit them.</summary>
    public int Ended => children.Count(child => child.Restarts > _restarts[child.Name]);

    /// <summary>Neither memory nor files grow.</summary>
    public bool Steady => MemoryPercentPerHour < MostPercentPerHour && FilesGrown <= 0.02 * Judged.Average(sample => sample.Files) + 3;

    private List<Sample> Judged => _samples[(_samples.Count / 3)..];

    /// <summary>Least squares.</summary>
    private double MemoryPercentPerHour
    {
        get
        {
            var judged = Judged;
            var (hours, bytes) = (judged.Average(sample => sample.Hours), judged.Average(sample => sample.Bytes));
            var spread = judged.Sum(sample => (sample.Hours - hours) * (sample.Hours - hours));
            return spread == 0 ? 0 : 100 * judged.Sum(sample => (sample.Hours - hours) * (sample.Bytes - bytes)) / spread / bytes;
        }
    }

    private List<Sample> FirstQuarter => Judged[..Math.Max(1, Judged.Count / 4)];

    private List<Sample> LastQuarter => Judged[^Math.Max(1, Judged.Count / 4)..];

    private double FilesGrown => LastQuarter.Average(sample => sample.Files) - FirstQuarter.Average(sample => sample.Files);

    /// <summary>What the processes hold at the latest look, in MB.</summary>
    public string Latest => _samples is [.., var last]
        ? string.Create(CultureInfo.InvariantCulture, $"{last.Bytes / Megabyte:0.0} = {string.Join(" + ", last.Each.Select(bytes => (bytes / Megabyte).ToString("0.0", CultureInfo.InvariantCulture)))}")
        : "0";

    /// <summary>Each process in the first and in the last quarter of what is judged, for a reader who asks which one grows.</summary>
    private string Each => string.Join(", ", children.Select((child, at) => string.Create(
        CultureInfo.InvariantCulture,
        $"{child.Name} {FirstQuarter.Average(sample => sample.Each[at]) / Megabyte:0.0}-{LastQuarter.Average(sample => sample.Each[at]) / Megabyte:0.0}")));

    /// <summary>Looks until it is told to stop.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            do
            {
                if (await LookAsync(cancellationToken) is { } sample)
                    _samples.Add(sample);
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The run ends.
        }
    }

    /// <summary>All processes together; null while one of them is not there or stands still.</summary>
    private async Task<Sample?> LookAsync(CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        var (each, files) = (new List<long>(), 0);
        try
        {
            foreach (var child in children)
            {
                if (child.ProcessId is not { } id)
                    return null;
                var least = long.MaxValue;
                for (var n = 0; n < Collections; n++)
                {
                    if (!await Garbage.CollectAsync(id, patience.Token))
                        return null;
                    least = Math.Min(least, MemoryOf(id));
                }

                each.Add(least);
                files += Directory.GetFileSystemEntries($"/proc/{id}/fd").Length;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }

        return new Sample(Stopwatch.GetElapsedTime(_started).TotalHours, each, files);
    }

    /// <summary>What the process made itself, in bytes; pages of files, which the system takes and gives back as it likes, are no growth of anybody.</summary>
    private static long MemoryOf(int process) => 1_024 * File.ReadLines($"/proc/{process}/status")
        .Where(line => line.StartsWith("RssAnon:", StringComparison.Ordinal) || line.StartsWith("RssShmem:", StringComparison.Ordinal))
        .Sum(line => long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture));

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"""
        {children.Count} processes that nobody hit, {Ended} ended; in the last two thirds of {_samples.Count} looks:
        memory               {Judged.Average(sample => sample.Bytes) / Megabyte:0} MB, {MemoryPercentPerHour:+0.00;-0.00} % an hour
        each, in MB          {Each}
        open files           {Judged.Average(sample => sample.Files):0}, {FilesGrown:+0.0;-0.0} from their first to their last quarter
        """);
}
