using Agents.Contracts;

namespace Agents.Analytics.Summaries;

/// <summary>From when to when one life of one replica was heard of.</summary>
internal sealed record Lifespan(string AppId, string Replica, DateTimeOffset First, DateTimeOffset Last)
{
    /// <summary>Three heartbeats: who is silent for longer has left.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    public static Lifespan Of(ReplicaHeartbeat beat) => new(beat.AppId, beat.Replica, beat.Time, beat.Time);

    public Lifespan With(ReplicaHeartbeat beat) =>
        this with { First = beat.Time < First ? beat.Time : First, Last = beat.Time > Last ? beat.Time : Last };

    public bool IsAliveAt(DateTimeOffset moment) => First <= moment && moment - Last <= Silence;

    public bool JoinedBetween(DateTimeOffset from, DateTimeOffset to) => First >= from && First < to;

    /// <summary>Whether its silence became long enough between the two moments.</summary>
    public bool LeftBetween(DateTimeOffset from, DateTimeOffset to) => Last + Silence >= from && Last + Silence < to;
}
