using System.Collections.Concurrent;
using Agents.Defaults.State;

namespace Agents.Defaults.Ledgers;

/// <summary>Hands out one <see cref="Ledger{T}"/> per key, so that concurrent appends of this process to one ledger share a write.</summary>
public sealed class LedgerSet(Stores stores)
{
    // Far more ledgers than are hot at a time; past it the set starts over, which costs a shared write here and there and nothing else.
    private const int MaxCached = 10_000;

    private readonly ConcurrentDictionary<string, object> _ledgers = new(StringComparer.Ordinal);

    /// <summary>The ledger at <paramref name="key"/> of the main store. The same key must always be asked for with the same type.</summary>
    public Ledger<T> Get<T>(string key)
    {
        if (_ledgers.Count > MaxCached)
            _ledgers.Clear();
        return (Ledger<T>)_ledgers.GetOrAdd(key, static (key, records) => new Ledger<T>(records, key), stores.Main);
    }
}
