using Agents.Testing;

namespace Agents.Torture.Soak;

/// <summary>The sums of all checks of a soak.</summary>
internal sealed class SoakTotals
{
    private int _sessions;
    private int _jobs;
    private int _failed;
    private int _repeated;
    private int _refused;
    private int _broken;
    private int _cut;
    private int _bad;

    public int Documents { get; private set; }

    public int Turns { get; private set; }

    public TimeSpan LongestRecovery { get; private set; }

    public List<string> Problems { get; } = [];

    public bool Good => _bad == 0 && Problems.Count == 0;

    public void Recovered(TimeSpan after) => LongestRecovery = after > LongestRecovery ? after : LongestRecovery;

    public void Add(ClientLedger ledger, Verdict verdict)
    {
        Documents += ledger.Documents.Count;
        Turns += verdict.Turns;
        _sessions += ledger.Sessions.Count;
        _jobs += ledger.Jobs.Count;
        _failed += verdict.Failed;
        _repeated += verdict.Repeated;
        _refused += ledger.Refused;
        _broken += ledger.Broken;
        _cut += ledger.CutStreams;
        _bad += verdict.LostDocuments + verdict.DoubledDocuments + verdict.LostSessions + verdict.LostJobs + verdict.Vanished + verdict.NotRepeatable;
        Problems.AddRange(verdict.Problems);
        Problems.AddRange(ledger.Unclear);
    }

    public override string ToString() => $"""
        accepted             {Documents} documents, {_sessions} sessions, {_jobs} jobs, {Turns} turns; lost, doubled or vanished {_bad}{Statistics.Bound(_bad, Documents + _sessions + _jobs + Turns)}
        failed turns         {_failed}; in {_repeated} sessions a turn was asked again, and answered
        met by clients       {_refused} clear refusals, {_broken} broken connections, {_cut} cut streams
        """;
}
