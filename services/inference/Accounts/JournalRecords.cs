using Agents.Defaults.Events;
using Agents.Defaults.Replicas;

namespace Agents.Inference.Accounts;

/// <summary>Names one journal: a life of a replica, and how often it had to begin anew within it.</summary>
internal sealed record JournalId(ReplicaId Replica, int Generation)
{
    /// <summary>The name under which it holds leases.</summary>
    public string Holder => $"{Replica.Name}.{Replica.Epoch}.{Generation}";

    public string HeadKey => $"journal/{Holder}";

    public string PageKey(long page) => $"journal/{Holder}/{page}";
}

/// <summary>The one record of a journal that changes.</summary>
/// <param name="Pages">Pages below this one are written and count.</param>
/// <param name="Published">Pages below this one have reached the broker.</param>
/// <param name="First">Pages below this one are published and settled everywhere, and may be gone.</param>
/// <param name="Closed">Whoever took the replica for dead ended the journal: nothing can be added.</param>
internal sealed record JournalHead(long Pages, long Published, long First, bool Closed)
{
    public static JournalHead Empty { get; } = new(0, 0, 0, false);
}

/// <summary>A call that ended: its event, ready to be published, and the meters that it charges. Written and counted together.</summary>
internal sealed record JournalEntry(string Tenant, EventMessage Event, IReadOnlyList<MeterCharge> Charges);

/// <param name="Meter">Key of the meter.</param>
internal sealed record MeterCharge(
    string Meter,
    [property: System.Text.Json.Serialization.JsonNumberHandling(
        System.Text.Json.Serialization.JsonNumberHandling.WriteAsString | System.Text.Json.Serialization.JsonNumberHandling.AllowReadingFromString)]
    long Amount);

/// <summary>All journals that may hold something of value: who looks for the dead begins here.</summary>
internal sealed record JournalRoster(IReadOnlyList<JournalId> Journals)
{
    public static string Key(string appId) => $"journals/{appId}";
}
