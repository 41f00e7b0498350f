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
    // When the holder of a turn was struck that has not shown a sign since.
    private readonly ConcurrentDictionary<string, long> _struck = new();

    public ConcurrentDictionary<string, SeenTurn> Turns { get; } = new();

    /// <summary>Turns asked, by session.</summary>
    public ConcurrentDictionary<string, int> Sessions { get; } = new();

    /// <summary>Sessions in which a client is asking now.</summary>
    public ConcurrentDictionary<string, bool> Active { get; } = new();

    public ConcurrentQueue<TimeSpan> Gaps { get; } = new();

    public ConcurrentQueue<string> Unclear { get; } = new();

    /// <summary>The holder of a turn is struck.</summary>
    public void Strike(string turn) => _struck.TryAdd(turn, Stopwatch.GetTimestamp());

    /// <summary>An event of a turn arrived.</summary>
    public void Sign(SeenTurn turn, bool restarted)
    {
        if ((restarted || turn.Ended) && _struck.TryRemove(turn.Turn, out var since))
            Gaps.Enqueue(Stopwatch.GetElapsedTime(since));
    }
}
