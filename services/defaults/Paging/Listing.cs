using Agents.Defaults.Ledgers;

namespace Agents.Defaults.Paging;

/// <summary>
/// An ordered list of ids: the index that stands in for the queries which portable state does not have. Ids are appended when the
/// thing is created, before anybody is told of it, and never removed; a page skips those whose record is not there.
/// </summary>
public sealed class Listing(Ledger<string> ids)
{
    // A page that skips very many deleted records ends early and says that there is more.
    private const int MaxScanned = 2_000;
    private const int Step = 256;
    private const int SeekStep = 1_024;
    private const int MaxSought = 10_000;

    /// <summary>Adds an id.</summary>
    public Task AddAsync(string id, CancellationToken cancellationToken) => ids.AppendAsync([id], cancellationToken);

    /// <summary>
    /// Creates something and adds its id, once, however often and from wherever it is created: an id that stood here twice would come on two
    /// pages, and a page that begins after it would begin at the wrong one.
    /// </summary>
    /// <param name="create">Creates the record; false when it was there before. Then its id may be here already, or may be missing.</param>
    /// <returns>What <paramref name="create"/> returned.</returns>
    public async Task<bool> AddOnceAsync(string id, Func<Task<bool>> create, CancellationToken cancellationToken)
    {
        // Nobody lists what is not there, so an id of a new record can only have come since.
        var end = await ids.CountAsync(cancellationToken);
        var created = await create();
        if (!created)
        {
            end = await ids.CountAsync(cancellationToken);
            if ((await FindAsync(id, end, cancellationToken)).Found)
                return false;
        }
        await ids.AppendOnceAsync(id, end, cancellationToken);
        return created;
    }

    /// <summary>A page of the list.</summary>
    /// <param name="load">Loads records by id; ids without a record are left out of its answer.</param>
    /// <param name="idOf">The id of a loaded record.</param>
    public async Task<Page<T>> PageAsync<T>(
        PageQuery query, Func<IReadOnlyList<string>, CancellationToken, Task<IReadOnlyList<T>>> load, Func<T, string> idOf,
        CancellationToken cancellationToken)
    {
        var count = await ids.CountAsync(cancellationToken);
        var position = await StartAsync(query, count, cancellationToken);
        var found = new List<T>();
        string? lastSeen = null;
        for (var scanned = 0; scanned < MaxScanned && found.Count <= query.Size && (query.Ascending ? position < count : position > 0); scanned += Step)
        {
            var from = query.Ascending ? position : Math.Max(0, position - Step);
            var until = query.Ascending ? Math.Min(count, position + Step) : position;
            var slice = (await ids.ReadAsync(from, (int)(until - from), cancellationToken)).Entries;
            var wanted = (query.Ascending ? slice : slice.Reverse()).Distinct().ToList();
            lastSeen = wanted.LastOrDefault() ?? lastSeen;
            var loaded = (await load(wanted, cancellationToken)).ToDictionary(idOf);
            found.AddRange(wanted.Where(loaded.ContainsKey).Select(id => loaded[id]));
            position = query.Ascending ? until : from;
        }
        var more = found.Count > query.Size || (query.Ascending ? position < count : position > 0);
        var data = found.Take(query.Size).ToList();
        // When few of many fit, the next page goes on from where this one stopped looking.
        var last = found.Count > query.Size ? idOf(data[^1]) : more ? lastSeen : data.Count > 0 ? idOf(data[^1]) : null;
        return new Page<T>(data, data.Count > 0 ? idOf(data[0]) : null, last, more);
    }

    private async Task<long> StartAsync(PageQuery query, long count, CancellationToken cancellationToken)
    {
        if (query.After is null)
            return query.Ascending ? 0 : count;
        var (at, found) = await FindAsync(query.After, count, cancellationToken);
        return query.Ascending && found ? at + 1 : at;
    }

    // Ids are ordered by time, but two replicas may append theirs a little out of order: a binary search comes near, a look around finds it.
    private async Task<(long At, bool Found)> FindAsync(string id, long count, CancellationToken cancellationToken)
    {
        long low = 0, high = count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            var entry = (await ids.ReadAsync(middle, 1, cancellationToken)).Entries[0];
            if (string.CompareOrdinal(entry, id) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        var start = Math.Max(0, low - Step);
        var around = (await ids.ReadAsync(start, 2 * Step, cancellationToken)).Entries;
        for (var i = 0; i < around.Count; i++)
        {
            if (around[i] == id)
                return (start + i, true);
        }
        return await SeekAsync(id, count, cancellationToken) is { } at ? (at, true) : (low, false);
    }

    // An id that was listed long after it was made, or that follows from something else than time, is looked for among the latest.
    private async Task<long?> SeekAsync(string id, long count, CancellationToken cancellationToken)
    {
        for (var until = count; until > 0 && count - until < MaxSought;)
        {
            var from = Math.Max(0, until - SeekStep);
            var slice = (await ids.ReadAsync(from, (int)(until - from), cancellationToken)).Entries;
            for (var i = slice.Count - 1; i >= 0; i--)
            {
                if (slice[i] == id)
                    return from + i;
            }
            until = from;
        }
        return null;
    }
}
