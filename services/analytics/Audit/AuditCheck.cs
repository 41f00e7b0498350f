namespace Agents.Analytics.Audit;

/// <summary>Checks a chain link by link, wherever the links come from.</summary>
internal sealed class AuditCheck(long first, string previous)
{
    private readonly long _first = first;
    private long _next = first;
    private string _previous = previous;
    private long _erased;
    private (long At, string Why)? _defect;

    /// <summary>False once something is wrong: what follows need not be looked at.</summary>
    public bool IsIntact => _defect is null;

    public void Add(AuditLine line)
    {
        if (_defect is not null)
            return;
        var why = line.Sequence != _next ? "an entry is missing before it" : AuditChain.Defect(line.Link, _previous, line.Content);
        if (why is not null)
        {
            _defect = (_next, why);
            return;
        }
        _erased += line.Content is null ? 1 : 0;
        (_next, _previous) = (_next + 1, line.Link.Hash);
    }

    public AuditVerdict Verdict(bool hasMore) => new(
        _next - _first, _erased, _defect is null, _defect?.At, _defect?.Why, _next > _first ? new AuditPlace(_next - 1, _previous) : null, hasMore && _defect is null);
}
