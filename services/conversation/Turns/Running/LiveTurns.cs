using System.Collections.Concurrent;
using Agents.Conversation.Turns.Logs;
using Agents.Defaults.Ledgers;

namespace Agents.Conversation.Turns.Running;

/// <summary>The turns that are being answered on this replica.</summary>
internal sealed class LiveTurns(TimeProvider time, ILogger<LiveTurn> logger)
{
    private static readonly TimeSpan LongestPace = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<string, LiveTurn> _turns = new(StringComparer.Ordinal);

    // About a thousand writes a second by one replica at most.
    private TimeSpan Pace => TimeSpan.FromMilliseconds(Math.Min(LongestPace.TotalMilliseconds, _turns.Count));

    public LiveTurn Add(string id, Ledger<TurnEntry> log, IReadOnlyList<TurnEntry> before)
    {
        var live = new LiveTurn(id, log, before, () => Pace, time, logger);
        _turns[id] = live;
        return live;
    }

    public LiveTurn? Find(string id) => _turns.GetValueOrDefault(id);

    public void Remove(LiveTurn live) => _turns.TryRemove(new(live.Id, live));
}
