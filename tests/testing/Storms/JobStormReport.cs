using System.Collections.Concurrent;
using System.Globalization;

namespace Agents.Testing.Storms;

/// <summary>What became of a load of jobs, and whether anybody noticed the faults.</summary>
public sealed class JobStormReport
{
    private readonly List<TimeSpan> _times = [];
    private int _resubmitted;

    public int Jobs { get; set; }

    public int Succeeded { get; set; }

    public int Kills { get; set; }

    /// <summary>Kills of a process that ran a job, as the jobs said just before; of the runtime or the gateway while any job was running.</summary>
    public int KillsOfHolders { get; set; }

    public Dictionary<string, int> Victims { get; } = [];

    public int Attempts { get; set; }

    /// <summary>Tool calls that came more than once, under the same id.</summary>
    public int RepeatedCalls { get; set; }

    public int Webhooks { get; set; }

    public int RepeatedWebhooks { get; set; }

    public int Resubmitted => _resubmitted;

    public TimeSpan Lasted { get; set; }

    public ConcurrentQueue<string> Problems { get; } = new();

    public bool Good => Problems.IsEmpty && Succeeded == Jobs;

    public void CountResubmitted() => Interlocked.Increment(ref _resubmitted);

    /// <summary>A job took this long from being accepted to its end.</summary>
    public void Took(TimeSpan time) => _times.Add(time);

    public override string ToString()
    {
        _times.Sort();
        var times = _times.Count == 0 ? "" : FormattableString.Invariant($"; from acceptance to end median {_times[_times.Count / 2].TotalSeconds:0.0} s, longest {_times[^1].TotalSeconds:0.0} s");
        var victims = string.Join(", ", Victims.OrderBy(victim => victim.Key).Select(victim => string.Create(CultureInfo.InvariantCulture, $"{victim.Key} {victim.Value}")));
        return FormattableString.Invariant($"""
            jobs                 {Jobs}, succeeded {Succeeded}{(Good ? FormattableString.Invariant($" (0 problems: true rate at most {300d / Jobs:0.##} %)") : "")}{times}
            kills                {Kills}, while a job was held {KillsOfHolders}: {victims}
            attempts             {Attempts}; submitted again {Resubmitted}
            tool calls           1 id per job; repeated under the same id {RepeatedCalls}
            webhooks             {Webhooks} received, {RepeatedWebhooks} more than once
            took                 {Lasted.TotalSeconds:0} s
            {string.Join('\n', Problems.Take(20).Select(problem => "  " + problem))}
            """);
    }
}
