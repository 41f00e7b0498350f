using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Agents.Testing.Storms;

/// <summary>What clients saw of one turn.</summary>
internal sealed class SeenTurn(string session, string turn)
{
    private readonly HashSet<string> _ids = [];
    private readonly System.Text.StringBuilder _text = new();
    private long _last;

    public string Session => session;

    public string Turn => turn;

    public string Joined => _text.ToString();

    public string? LastId => _last == 0 ? null : _last.ToString(CultureInfo.InvariantCulture);

    public int Resumes { get; set; }

    public int Restarts { get; private set; }

    public bool Ended { get; private set; }

    public List<string> Faults { get; } = [];

    public void Add(Frame frame)
    {
        var id = long.Parse(frame.Id ?? "0", CultureInfo.InvariantCulture);
        if (!_ids.Add(frame.Id!) || id <= _last)
            Faults.Add($"the id {id} came after {_last}");
        _last = id;
        switch (frame.Event)
        {
            case "turn.restarted":
                Restarts++;
                _text.Clear();
                break;
            case "turn.delta":
                _text.Append(frame.Data.Text("text"));
                break;
            case "turn.completed" or "turn.failed" or "turn.cancelled":
                Ended = true;
                break;
        }
    }
}

/// <summary>What all clients were promised and saw.</summary>
internal sealed class StormLedger
{
    // By turn: the replica that answers it as far as its client knows, and when that one was struck.
    private readonly ConcurrentDictionary<string, (int Replica, long Struck)> _held = new();

    public ConcurrentDictionary<string, SeenTurn> Turns { get; } = new();

    /// <summary>Turns asked, by session.</summary>
    public ConcurrentDictionary<string, int> Sessions { get; } = new();

    public ConcurrentQueue<TimeSpan> Gaps { get; } = new();

    public ConcurrentQueue<string> Unclear { get; } = new();

    public void Hold(string turn, int replica) => _held.TryAdd(turn, (replica, 0));

    public int HeldBy(int replica) => _held.Values.Count(held => held.Replica == replica && held.Struck == 0);

    /// <summary>Notes that a replica is struck; gives how many turns it was answering.</summary>
    public int Strike(int replica)
    {
        var struck = 0;
        foreach (var (turn, held) in _held)
        {
            if (held.Replica == replica && held.Struck == 0 && _held.TryUpdate(turn, held with { Struck = Stopwatch.GetTimestamp() }, held))
                struck++;
        }
        return struck;
    }

    /// <summary>An event of a turn arrived.</summary>
    public void Sign(SeenTurn turn, bool restarted)
    {
        if (!_held.TryGetValue(turn.Turn, out var held))
            return;
        if (held.Struck != 0 && (restarted || turn.Ended))
            Gaps.Enqueue(Stopwatch.GetElapsedTime(held.Struck));
        // After a restart nobody outside knows who answers.
        if (restarted || turn.Ended)
            _held.TryRemove(turn.Turn, out _);
    }
}
