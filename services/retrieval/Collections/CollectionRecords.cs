using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Ledgers;
using Agents.Defaults.Paging;
using Agents.Defaults.State;
using Agents.Retrieval.Names;

namespace Agents.Retrieval.Collections;

/// <summary>Collection records, their list and their names: <c>collection/{tenant}/{id}</c> and its indexes.</summary>
internal sealed class CollectionRecords(Stores stores, LedgerSet ledgers, Claims claims, TimeProvider time)
{
    public const string Prefix = "coll";
    public const int MaxPerTenant = 1_000;

    private static readonly TimeSpan TombstoneKept = TimeSpan.FromDays(1);

    /// <summary>Creates a collection.</summary>
    /// <exception cref="ProblemException">409: the name is taken, or the tenant has too many collections.</exception>
    public async Task<CollectionRecord> CreateAsync(
        string tenant, string name, IReadOnlyDictionary<string, string> metadata, string language, CancellationToken cancellationToken)
    {
        var created = new CollectionRecord(Ids.New(Prefix), name, metadata, time.GetUtcNow(), Deleted: false, language);
        if (await claims.HolderAsync(NameKey(tenant, name), cancellationToken) is { } holder
            && await FindAsync(new CollectionKey(tenant, holder), cancellationToken) is not null)
        {
            throw NameTaken(name, holder);
        }
        if ((await AllAsync(tenant, cancellationToken)).Count >= MaxPerTenant)
            throw new ProblemException(Problem.Conflict("too_many_collections", $"A tenant has at most {MaxPerTenant} collections."));
        await List(tenant).AddAsync(created.Id, cancellationToken);
        var key = new CollectionKey(tenant, created.Id);
        await stores.Main.PutAsync(Key(key), created, cancellationToken);
        holder = await claims.TakeAsync(
            NameKey(tenant, name), created.Id,
            async (id, cancellation) => await FindAsync(new CollectionKey(tenant, id), cancellation) is not null, cancellationToken);
        if (holder == created.Id)
            return created;
        await stores.Main.DeleteAsync(Key(key), cancellationToken);
        throw NameTaken(name, holder);
    }

    /// <summary>The collection, null when there is none or it was deleted.</summary>
    public async Task<CollectionRecord?> FindAsync(CollectionKey key, CancellationToken cancellationToken) => Ids.IsValid(Prefix, key.Id)
        && (await stores.Main.GetAsync<CollectionRecord>(Key(key), cancellationToken))?.Value is { Deleted: false } found ? found : null;

    /// <summary>Those of the ids that are collections of the tenant.</summary>
    public async Task<IReadOnlyList<CollectionRecord>> FindManyAsync(string tenant, IEnumerable<string> ids, CancellationToken cancellationToken)
    {
        var found = new List<CollectionRecord>();
        foreach (var some in ids.Distinct().Where(id => Ids.IsValid(Prefix, id)).Select(id => Key(new CollectionKey(tenant, id))).Chunk(500))
            found.AddRange((await stores.Main.GetManyAsync<CollectionRecord>(some, cancellationToken)).Values.Select(record => record.Value));
        return [.. found.Where(collection => !collection.Deleted)];
    }

    /// <summary>Every collection of the tenant.</summary>
    public async Task<IReadOnlyList<CollectionRecord>> AllAsync(string tenant, CancellationToken cancellationToken)
    {
        var ids = await ledgers.Get<string>(ListKey(tenant)).ReadAsync(0, int.MaxValue, cancellationToken);
        return await FindManyAsync(tenant, ids.Entries, cancellationToken);
    }

    public Task<Page<CollectionRecord>> PageAsync(string tenant, PageQuery query, CancellationToken cancellationToken) => List(tenant).PageAsync(
        query, (ids, cancellation) => FindManyAsync(tenant, ids, cancellation), collection => collection.Id, cancellationToken);

    /// <summary>Turns the collection into a tombstone, so that nobody finds it any more, and frees its name.</summary>
    /// <returns>False when there is no such collection.</returns>
    public async Task<bool> TryDeleteAsync(CollectionKey key, CancellationToken cancellationToken)
    {
        if (await FindAsync(key, cancellationToken) is not { } collection)
            return false;
        await stores.Main.UpdateAsync<CollectionRecord>(
            Key(key), current => current is { Deleted: false } ? current with { Deleted = true } : null, cancellationToken);
        await claims.ReleaseAsync(NameKey(key.Tenant, collection.Name), key.Id, cancellationToken);
        return true;
    }

    /// <summary>Lets the tombstone go: nothing of the collection is left that it would have to guard.</summary>
    public Task ForgetAsync(CollectionKey key, CancellationToken cancellationToken) => stores.Main.UpdateAsync<CollectionRecord>(
        Key(key), current => current is { Deleted: true } ? current with { Name = "", Metadata = new Dictionary<string, string>() } : null,
        cancellationToken, TombstoneKept);

    private static ProblemException NameTaken(string name, string holder) =>
        new(Problem.Conflict("name_taken", $"The collection {holder} has the name '{name}' already."));

    private Listing List(string tenant) => new(ledgers.Get<string>(ListKey(tenant)));

    private static string ListKey(string tenant) => $"collections/{tenant}";

    private static string Key(CollectionKey key) => $"collection/{key}";

    private static string NameKey(string tenant, string name) => $"collection-name/{tenant}/{Ids.Hash(name)}";
}
