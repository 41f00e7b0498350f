using Agents.Contracts;

namespace Agents.Analytics.Figures;

/// <summary>From when to when one life of one replica was heard of.</summary>
/// <param name="Joined">Its first heartbeat was among what was heard.</param>
internal sealed record Lifespan(string AppId, string Replica, DateTimeOffset First, DateTimeOffset Last, bool Joined)
{
    /// <summary>Three heartbeats: who is silent for longer has left.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    public static Lifespan Of(ReplicaHeartbeat beat) => new(beat.AppId, beat.Replica, beat.Time, beat.Time, beat.Beat == 1);

    public Lifespan With(Lifespan other) => this with
    {
        First = other.First < First ? other.First : First,
        Last = other.Last > Last ? other.Last : Last,
        Joined = Joined || other.Joined,
    };

    public bool IsAliveAt(DateTimeOffset moment) => First <= moment && moment - Last <= Silence;

    /// <summary>Whether its silence became long enough between the two moments.</summary>
    public bool LeftBetween(DateTimeOffset from, DateTimeOffset to) => Last + Silence >= from && Last + Silence < to;
}
