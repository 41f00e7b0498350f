using System.Collections.Concurrent;
using Agents.Defaults.State;

namespace Agents.Defaults.Ledgers;

/// <summary>Hands out one <see cref="Ledger{T}"/> per key, so that concurrent appends of this process to one ledger share a write.</summary>
public sealed class LedgerSet(Stores stores, TimeProvider time)
{
    // Bounds what idle ledgers hold; past it the set starts over, which costs a shared write here and there and nothing else.
    private const int MaxCached = 2_000;

    private readonly ConcurrentDictionary<(Records Store, string Key), object> _ledgers = new();

    internal LedgerLimits Limits { get; init; } = LedgerLimits.Default;

    /// <summary>The ledger at a key. The same key must always be asked for with the same type, store and time.</summary>
    /// <param name="key">A ledger that expires needs a key which is never used for another one.</param>
    /// <param name="store">Null for the main store.</param>
    /// <param name="keep">How long the ledger lives after its last append, to be read in whole until then; null for ever. At least a minute.</param>
    public Ledger<T> Get<T>(string key, Records? store = null, TimeSpan? keep = null)
    {
        if (keep is { } time && time < LedgerStorage.ShortestKeep)
            throw new ArgumentOutOfRangeException(nameof(keep), $"A ledger is kept for {LedgerStorage.ShortestKeep} or longer.");
        if (_ledgers.Count > MaxCached)
            _ledgers.Clear();
        return (Ledger<T>)_ledgers.GetOrAdd((store ?? stores.Main, key), place => New<T>(place.Store, place.Key, keep));
    }

    private Ledger<T> New<T>(Records store, string key, TimeSpan? keep) =>
        new(new LedgerStorage<T>(store, key, keep, Limits, time), fence: 0);
}
