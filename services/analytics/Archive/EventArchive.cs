using System.Text.Json;
using Agents.Defaults;
using Agents.Defaults.Api;
using Agents.Defaults.Ledgers;
using Agents.Defaults.State;

namespace Agents.Analytics.Archive;

/// <summary>
/// Everything that was ever announced. Each replica appends to a ledger of its own, <c>archive/{replica}</c>, so that replicas never
/// race; the record <c>archives</c> names them all, so that any replica can read everything.
/// </summary>
internal sealed class EventArchive(Stores stores, LedgerSet ledgers, ServiceIdentity identity)
{
    private const string RosterKey = "archives";

    // What one append of a ledger takes, with room for the brackets around.
    private const int MaxEntries = 256;
    private const int MaxBytes = Envelope.MaxBytes;

    private volatile bool _enrolled;

    /// <summary>Returns when all events are stored.</summary>
    public async Task AppendAsync(IReadOnlyList<ArchivedEvent> events, CancellationToken cancellationToken)
    {
        if (!_enrolled)
            await EnrolAsync(cancellationToken);
        await Task.WhenAll(Portions(events).Select(portion => Of(identity.Replica).AppendAsync(portion, cancellationToken)));
    }

    /// <summary>The replicas that have, or had, an archive.</summary>
    public async Task<IReadOnlyList<string>> ReplicasAsync(CancellationToken cancellationToken) =>
        (await stores.Main.GetAsync<Roster>(RosterKey, cancellationToken))?.Value.Replicas ?? [];

    public Ledger<ArchivedEvent> Of(string replica) => ledgers.Get<ArchivedEvent>($"archive/{replica}");

    /// <summary>The sequence number of the first event that the replica's archive received at a moment or later.</summary>
    public async Task<long> FindAsync(string replica, DateTimeOffset received, CancellationToken cancellationToken)
    {
        var archive = Of(replica);
        long low = 0, high = await archive.CountAsync(cancellationToken);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if ((await archive.ReadAsync(middle, 1, cancellationToken)).Entries[0].Received < received)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    // Before the first append: an archive that no roster names would be read by nobody.
    private async Task EnrolAsync(CancellationToken cancellationToken)
    {
        await stores.Main.UpdateAsync<Roster>(
            RosterKey,
            roster => roster?.Replicas.Contains(identity.Replica) == true ? null : new Roster([.. roster?.Replicas ?? [], identity.Replica]),
            cancellationToken);
        _enrolled = true;
    }

    /// <summary>Cuts what arrived together into appends that a ledger takes.</summary>
    internal static IEnumerable<IReadOnlyList<ArchivedEvent>> Portions(IReadOnlyList<ArchivedEvent> events)
    {
        var portion = new List<ArchivedEvent>();
        var bytes = 0;
        foreach (var one in events)
        {
            var size = JsonSerializer.SerializeToUtf8Bytes(one, Json.Options).Length + 1;
            if (portion.Count > 0 && (portion.Count == MaxEntries || bytes + size > MaxBytes))
            {
                yield return portion;
                (portion, bytes) = ([], 0);
            }
            portion.Add(one);
            bytes += size;
        }
        if (portion.Count > 0)
            yield return portion;
    }

    private sealed record Roster(IReadOnlyList<string> Replicas);
}
