using System.Collections.Concurrent;

namespace Agents.Torture;

/// <summary>What clients were promised: the other side of the comparison at the end.</summary>
internal sealed class ClientLedger
{
    private int _refused;
    private int _broken;
    private int _cut;

    /// <summary>Title by document id, for every 202.</summary>
    public ConcurrentDictionary<string, string> Documents { get; } = new();

    /// <summary>Every session with a 201, or named by a stream.</summary>
    public ConcurrentDictionary<string, bool> Sessions { get; } = new();

    /// <summary>Every job with a 202.</summary>
    public ConcurrentDictionary<string, bool> Jobs { get; } = new();

    /// <summary>Session by turn id, for every turn that a client has heard of.</summary>
    public ConcurrentDictionary<string, string> Turns { get; } = new();

    /// <summary>Answers that are neither a success nor a clear refusal.</summary>
    public ConcurrentQueue<string> Unclear { get; } = new();

    public int Refused => _refused;

    public int Broken => _broken;

    public int CutStreams => _cut;

    public void CountRefused() => Interlocked.Increment(ref _refused);

    public void CountBroken() => Interlocked.Increment(ref _broken);

    public void CountCut() => Interlocked.Increment(ref _cut);
}
