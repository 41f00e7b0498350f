using System.Diagnostics;
using System.Globalization;
using Agents.Local.Processes;

namespace Agents.Torture.Soak;

/// <summary>Memory and open files of processes that live through the whole run, on Linux; what counts is the second half.</summary>
internal sealed class ProcessWatch(IReadOnlyList<Child> children)
{
    private const int Groups = 6;
    private const double MostPercentPerHour = 1;
    private const double Megabyte = 1_048_576;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

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
    public bool Steady => MemoryPercentPerHour < MostPercentPerHour && FilesGrown <= 0.02 * SecondHalf.Average(sample => sample.Files) + 3;

    private List<Sample> SecondHalf => _samples[(_samples.Count / 2)..];

    /// <summary>Slope of the least that each process holds within each stretch of time, for what a collection would free is no growth.</summary>
    private double MemoryPercentPerHour
    {
        get
        {
            var half = SecondHalf;
            var floor = half.Chunk(Math.Max(1, half.Count / Groups)).Select(stretch => (
                Hours: stretch.Average(sample => sample.Hours),
                Bytes: (double)children.Select((_, at) => stretch.Min(sample => sample.Each[at])).Sum())).ToList();
            var (hours, bytes) = (floor.Average(point => point.Hours), floor.Average(point => point.Bytes));
            var spread = floor.Sum(point => (point.Hours - hours) * (point.Hours - hours));
            return spread == 0 ? 0 : 100 * floor.Sum(point => (point.Hours - hours) * (point.Bytes - bytes)) / spread / bytes;
        }
    }

    /// <summary>From the first to the last quarter of the second half.</summary>
    private double FilesGrown
    {
        get
        {
            var half = SecondHalf;
            var quarter = Math.Max(1, half.Count / 4);
            return half.TakeLast(quarter).Average(sample => sample.Files) - half.Take(quarter).Average(sample => sample.Files);
        }
    }

    /// <summary>What all processes hold at the latest look, in MB.</summary>
    public double Megabytes => _samples is [.., var last] ? last.Bytes / Megabyte : 0;

    /// <summary>Each process at the begin and at the end of the second half, for a reader who asks which one grows.</summary>
    private string Each => string.Join(", ", children.Select((child, at) => string.Create(
        CultureInfo.InvariantCulture, $"{child.Name} {SecondHalf[0].Each[at] / Megabyte:0}-{SecondHalf[^1].Each[at] / Megabyte:0}")));

    /// <summary>Looks until it is told to stop.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            do
            {
                if (Look() is { } sample)
                    _samples.Add(sample);
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The run ends.
        }
    }

    /// <summary>All processes together; null while one of them is not there.</summary>
    private Sample? Look()
    {
        var (each, files) = (new List<long>(), 0);
        foreach (var child in children)
        {
            if (child.ProcessId is not { } id || !Directory.Exists($"/proc/{id}/fd"))
                return null;
            each.Add(MemoryOf(id));
            files += Directory.GetFileSystemEntries($"/proc/{id}/fd").Length;
        }

        return new Sample(Stopwatch.GetElapsedTime(_started).TotalHours, each, files);
    }

    /// <summary>What the process made itself, in bytes; pages of files, which the system takes and gives back as it likes, are no growth of anybody.</summary>
    private static long MemoryOf(int process) => 1_024 * File.ReadLines($"/proc/{process}/status")
        .Where(line => line.StartsWith("RssAnon:", StringComparison.Ordinal) || line.StartsWith("RssShmem:", StringComparison.Ordinal))
        .Sum(line => long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture));

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"""
        {children.Count} processes that nobody hit, {Ended} ended; in the second half of {_samples.Count} looks:
        memory               {SecondHalf.Average(sample => sample.Bytes) / Megabyte:0} MB, {MemoryPercentPerHour:+0.00;-0.00} % an hour
        each, in MB          {Each}
        open files           {SecondHalf.Average(sample => sample.Files):0}, {FilesGrown:+0.0;-0.0} from its begin to its end
        """);
}
