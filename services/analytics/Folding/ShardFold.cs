using System.Globalization;
using Agents.Analytics.Archive;
using Agents.Analytics.Audit;
using Agents.Analytics.Figures;
using Agents.Contracts;

namespace Agents.Analytics.Folding;

/// <summary>Folds the tenants of one shard, as the holder of its lease.</summary>
internal sealed class ShardFold(int shard, long fence, FigureStore store, EventArchive archive, AuditLog audit, TimeProvider time)
{
    private const int AtOnce = 8;

    // How often it is written how far this shard is: what a successor reads again at most, and what tells readers that the fold is alive.
    private static readonly TimeSpan NoteEvery = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, TenantFold> _tenants = new(StringComparer.Ordinal);
    private readonly Dictionary<Segment, long> _next = [];
    private readonly AuditWriter _audit = new(audit);
    private DateOnly _from;
    private int _run;
    private long _notedAt;

    public int Number => shard;

    /// <summary>The segments of all days before are read.</summary>
    public DateOnly From => _from;

    /// <summary>Tenants of which something was folded in the last seconds.</summary>
    public IEnumerable<string> Busy => _tenants.Where(tenant => tenant.Value.IsBusy).Select(tenant => tenant.Key);

    public int Weight => _tenants.Values.Sum(tenant => tenant.Weight);

    /// <summary>Takes over where the holder before left off.</summary>
    /// <exception cref="FoldFencedException">Another replica holds a newer lease.</exception>
    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        Adopt(await store.UpdateShardAsync(shard, current => current is { } known && known.Fence > fence ? throw new FoldFencedException() : Mine(current), cancellationToken));
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (long at = 0; await store.Tenants(shard).ReadAsync(at, 1_000, cancellationToken) is { Entries.Count: > 0 } slice; at = slice.Next)
            names.UnionWith(slice.Entries);
        foreach (var (tenant, record) in await store.TenantsAsync(names, cancellationToken))
            _tenants[tenant] = new TenantFold(tenant, record, fence, store, archive);
    }

    /// <summary>The place in a segment from which on nothing is folded yet.</summary>
    public long NextOf(Segment segment) => segment.Day < _from ? long.MaxValue : _next.GetValueOrDefault(segment);

    public async ValueTask AddAsync(Segment segment, long at, ArchivedEvent archived, IEvent? fact, long round, CancellationToken cancellationToken)
    {
        if (!_tenants.TryGetValue(archived.Tenant, out var tenant))
        {
            // Before its first figures, so that whoever takes the shard over finds the tenant.
            await store.Tenants(shard).AppendAsync([archived.Tenant], cancellationToken);
            _tenants[archived.Tenant] = tenant = new TenantFold(archived.Tenant, TenantRecord.Empty, fence, store, archive);
        }
        await tenant.AddAsync(segment, at, archived, fact, round, cancellationToken);
        if (fact is AuditRecorded entry)
            _audit.Add(entry);
    }

    public void Advance(Segment segment, long next)
    {
        if (segment.Day >= _from && next > _next.GetValueOrDefault(segment))
            _next[segment] = next;
    }

    /// <summary>Stores what has changed.</summary>
    /// <param name="all">Keep nothing in memory.</param>
    public async Task WriteAsync(long round, bool all, CancellationToken cancellationToken)
    {
        await _audit.WriteAsync(cancellationToken);
        await EachAsync((tenant, token) => tenant.WriteAsync(token), cancellationToken);
        foreach (var tenant in _tenants.Values)
            tenant.Rest(round, all);
    }

    /// <summary>Notes how far this shard is, and makes hours and days, when everything that is archived is stored.</summary>
    /// <param name="at">What was archived before is folded.</param>
    public async Task FinishAsync(DateTimeOffset at, CancellationToken cancellationToken)
    {
        if (_notedAt != 0 && time.GetElapsedTime(_notedAt) < NoteEvery)
            return;
        await EachAsync((tenant, token) => tenant.CompactAsync(at, token), cancellationToken);
        await NoteAsync(at, cancellationToken);
    }

    /// <summary>Notes how far this shard is. Everything must be stored.</summary>
    /// <param name="at">What was archived before is folded; null when that cannot be said yet.</param>
    public async Task NoteAsync(DateTimeOffset? at, CancellationToken cancellationToken)
    {
        // Days that are over were read to their end when everything was.
        if (at is not null && archive.FirstOpenDay > _from)
        {
            _from = archive.FirstOpenDay;
            foreach (var over in _next.Keys.Where(segment => segment.Day < _from).ToList())
                _next.Remove(over);
        }
        var again = false;
        var noted = await store.UpdateShardAsync(
            shard,
            current =>
            {
                if (current is null || current.Fence > fence)
                    throw new FoldFencedException();
                again = current.Run != _run;
                return again ? null : current with { From = _from, Next = Places(), At = at ?? current.At };
            },
            cancellationToken);
        if (again)
            Adopt(noted);
        _notedAt = time.GetTimestamp();
    }

    private void Adopt(ShardRecord record)
    {
        (_from, _run) = (record.From, record.Run);
        _next.Clear();
        foreach (var (segment, next) in record.Next)
            _next[Segment.Parse(segment)] = long.Parse(next, CultureInfo.InvariantCulture);
    }

    private ShardRecord Mine(ShardRecord? current) => current is { Version: Measures.Version }
        ? current with { Fence = fence }
        : new ShardRecord(fence, Measures.Version, current?.Run ?? 0, DateOnly.MinValue, new Dictionary<string, string>(), DateTimeOffset.UnixEpoch);

    private Dictionary<string, string> Places() =>
        _next.ToDictionary(place => place.Key.ToString(), place => place.Value.ToString(CultureInfo.InvariantCulture));

    private Task EachAsync(Func<TenantFold, CancellationToken, Task> action, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        _tenants.Values.Where(tenant => !tenant.IsIdle),
        new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
        async (tenant, token) => await action(tenant, token));
}
