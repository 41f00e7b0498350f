using System.Globalization;
using System.Text;

namespace Agents.Testing.Plans;

/// <summary>What faulty workers got through with.</summary>
public sealed class FaultReport
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<WorkerFault, (int Planted, int Escaped, int ByJudge, int Reached)> _kinds = [];
    private readonly List<string> _problems = [];
    private readonly List<string> _rejections = [];
    private int _good;
    private int _rejectedByChecks;
    private int _rejectedByJudge;
    private int _tasks;
    private int _succeeded;

    /// <summary>Faulty answers that were accepted, and not because the judge took them for good.</summary>
    public int Escaped => _kinds.Values.Sum(kind => kind.Escaped - kind.ByJudge);

    /// <summary>What should not have happened at all.</summary>
    public int Problems => _problems.Count;

    /// <summary>How often answers were put together.</summary>
    public int Syntheses { get; set; }

    /// <summary>Of each kind at least 95 of 100 were held back but for those that the judge took for good, at most 2 of 100 good answers rejected by checks, and every task ended as it had to.</summary>
    public bool IsGood => _problems.Count == 0 && _kinds.Count >= 8 && _kinds.Values.All(kind => (kind.Escaped - kind.ByJudge) * 20 <= kind.Planted) && _rejectedByChecks * 50 <= _good;

    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine($"{"fault",-16}{"planted",8}{"held back",11}{"share",9}{"judge erred",13}{"in synthesis",14}");
        foreach (var (kind, (planted, escaped, byJudge, reached)) in _kinds)
            text.AppendLine(CultureInfo.InvariantCulture, $"{kind,-16}{planted,8}{planted - escaped,11}{(planted - escaped) / (double)planted,9:P0}{byJudge,13}{reached,14}");
        text.AppendLine(CultureInfo.InvariantCulture, $"good answers     {_good}; rejected by checks {_rejectedByChecks} ({_rejectedByChecks / (double)Math.Max(1, _good):P2}), by the judge {_rejectedByJudge}");
        text.AppendLine(CultureInfo.InvariantCulture, $"tasks            {_tasks}; succeeded {_succeeded}; syntheses {Syntheses}; problems {_problems.Count}");
        foreach (var line in _problems.Concat(_rejections).Take(20))
            text.AppendLine(CultureInfo.InvariantCulture, $"  {line}");
        return text.ToString();
    }

    /// <summary>A faulty answer was given, and judged.</summary>
    internal void Planted(WorkerFault fault, bool escaped, bool byJudge, bool reached)
    {
        lock (_gate)
        {
            var (planted, before, misjudged, there) = _kinds.GetValueOrDefault(fault);
            _kinds[fault] = (planted + 1, before + (escaped ? 1 : 0), misjudged + (escaped && byJudge ? 1 : 0), there + (reached ? 1 : 0));
        }
    }

    /// <summary>A good answer was given, and judged.</summary>
    /// <param name="afterOutage">Also a fault that was held back: the endpoint's.</param>
    internal void Good(bool afterOutage, bool accepted, bool byJudge, string reason)
    {
        if (afterOutage)
            Planted(WorkerFault.Outage, escaped: false, byJudge: false, reached: false);
        lock (_gate)
        {
            _good++;
            if (accepted)
                return;
            _rejections.Add(reason);
            if (byJudge)
                _rejectedByJudge++;
            else
                _rejectedByChecks++;
        }
    }

    /// <summary>Only a worker that never does any better may cost a task its end, or a judge that errs again and again.</summary>
    internal void Ended(FaultyTask task, string status, string? reason)
    {
        lock (_gate)
        {
            _tasks++;
            _succeeded += status == "succeeded" ? 1 : 0;
            if (status != "succeeded" && !task.Steps.Any(step => step.Stubborn))
                _problems.Add($"task {task.Number} ended {status}: {reason}");
        }
    }

    internal void Problem(string what)
    {
        lock (_gate)
            _problems.Add(what);
    }
}
