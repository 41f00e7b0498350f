namespace Agents.Testing.Storms;

/// <summary>What a storm did, and whether anybody noticed.</summary>
public sealed class StormReport
{
    public int Turns { get; set; }

    public int Kills { get; set; }

    public SortedDictionary<string, int> KillsByApp { get; } = [];

    /// <summary>Kills of a replica of conversation that held a turn, as the store said just before.</summary>
    public int KillsOfHolders { get; set; }

    public int Pauses { get; set; }

    public int Resumes { get; set; }

    public int Restarts { get; set; }

    public int Lost { get; set; }

    public int Doubled { get; set; }

    /// <summary>From each fault of a holder until its turn started over, or ended, as clients saw it.</summary>
    public List<TimeSpan> Gaps { get; } = [];

    public List<string> Problems { get; } = [];

    public List<string> Unclear { get; } = [];

    public bool Good => Problems.Count == 0 && Lost + Doubled == 0;

    public override string ToString()
    {
        var gaps = Gaps.Order().ToList();
        var bound = Lost + Doubled == 0 && Turns > 0 ? FormattableString.Invariant($" (true rate at most {300d / Turns:0.##} %)") : "";
        return FormattableString.Invariant($"""
            turns                {Turns}; lost {Lost}, doubled {Doubled}{bound}
            kills                {Kills} ({string.Join(", ", KillsByApp.Select(app => $"{app.Key} {app.Value}"))}), of a holder {KillsOfHolders}; pauses {Pauses}
            resumed streams      {Resumes}; restarted answers {Restarts}
            fault to next event  p50 {At(0.5):0.0} s, p95 {At(0.95):0.0} s, worst {At(1):0.0} s of {gaps.Count}
            unclear answers      {Unclear.Count}
            {string.Join('\n', Problems.Concat(Unclear).Take(20).Select(problem => "  " + problem))}
            """);

        double At(double share) => gaps.Count == 0 ? 0 : gaps[(int)Math.Min(gaps.Count - 1, gaps.Count * share)].TotalSeconds;
    }
}
