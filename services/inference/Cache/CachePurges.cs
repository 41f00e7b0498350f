using System.Collections.Immutable;
using Agents.Defaults.State;
using Agents.Inference.Deployments;

namespace Agents.Inference.Cache;

/// <summary>How often each tenant has emptied its cache: part of every key, so that a purge takes one write however much is stored.</summary>
internal sealed class CachePurges(Stores stores)
{
    public const string VersionKey = "gateway/purges-version";

    private const string Key = "gateway/purges";

    // Keeps the record small. Past it all tenants' caches are emptied at once, which costs calls and nothing else.
    private const int MaxTenants = 2_000;

    private volatile Record _record = new(0, 0, ImmutableDictionary<string, long>.Empty);

    public long Revision => _record.Revision;

    public long Of(string tenant) => _record.Floor + _record.Purges.GetValueOrDefault(tenant);

    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        if (await stores.Main.GetAsync<Record>(Key, cancellationToken) is { } found && found.Value.Revision > Revision)
            _record = found.Value;
    }

    public async Task PurgeAsync(string tenant, CancellationToken cancellationToken)
    {
        var stored = await stores.Main.UpdateAsync<Record>(Key, current =>
        {
            var before = current ?? new Record(0, 0, ImmutableDictionary<string, long>.Empty);
            if (before.Purges.Count >= MaxTenants)
                before = before with { Floor = before.Floor + before.Purges.Values.Max() + 1, Purges = ImmutableDictionary<string, long>.Empty };
            return before with { Revision = before.Revision + 1, Purges = before.Purges.SetItem(tenant, before.Purges.GetValueOrDefault(tenant) + 1) };
        }, cancellationToken);
        _record = stored!;
        await stores.Main.PutAsync(VersionKey, new RegistryVersion(stored!.Revision), cancellationToken);
    }

    private sealed record Record(long Revision, long Floor, ImmutableDictionary<string, long> Purges);
}
