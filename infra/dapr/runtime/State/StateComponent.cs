using Agents.LocalRuntime.Faults;
using Agents.LocalRuntime.Resiliency;

namespace Agents.LocalRuntime.State;

/// <summary>A state store as one app sees it: with its key prefix, its resiliency policy and its fault gate.</summary>
internal sealed class StateComponent(string name, string? prefix, bool actorStore, IStateStore store, Policy policy, FaultGate gate)
{
    private const string Separator = "||";

    public string Name => name;

    /// <summary>Metadata actorStateStore: actors keep their state here.</summary>
    public bool IsActorStore => actorStore;

    /// <summary>The store itself, which takes full keys; actor state does not use the prefix.</summary>
    public IStateStore Store => store;

    /// <summary>daprd adds ACTOR to each store with ETags and transactions.</summary>
    public IReadOnlyList<string> Capabilities { get; } = [.. store.Capabilities, "ACTOR"];

    public static bool IsLegalKey(string key) => !key.Contains(Separator, StringComparison.Ordinal);

    /// <summary>The text before keys for a keyPrefix setting, or null for none.</summary>
    public static string? PrefixFor(string setting, string component, string appId, string? ownNamespace) =>
        setting.ToLowerInvariant() switch
        {
            "" or "appid" => appId,
            "name" => component,
            "namespace" => string.IsNullOrEmpty(ownNamespace) ? appId : $"{ownNamespace}.{appId}",
            "none" => null,
            _ => setting,
        };

    public string FullKey(string key) => prefix is null ? key : string.Concat(prefix, Separator, key);

    public ValueTask<StateEntry?> GetAsync(string key, CancellationToken cancel) =>
        policy.IsNone && gate.Fault is null
            ? store.GetAsync(FullKey(key), cancel)
            : new(RunAsync(token => store.GetAsync(FullKey(key), token).AsTask(), cancel));

    /// <summary>Reads a key that has its own prefix, as those of actors have.</summary>
    public Task<StateEntry?> GetByFullKeyAsync(string fullKey, CancellationToken cancel) =>
        RunAsync(token => store.GetAsync(fullKey, token).AsTask(), cancel);

    public ValueTask<StateEntry?[]> GetManyAsync(IReadOnlyList<string> keys, CancellationToken cancel) =>
        new(RunAsync(token => store.GetManyAsync(keys.Select(FullKey).ToList(), token).AsTask(), cancel));

    /// <param name="change">With a full key.</param>
    /// <param name="cancel">Ends waiting, not a write that has begun.</param>
    public Task WriteAsync(StateChange change, CancellationToken cancel) =>
        RunAsync(token => Done(store.WriteAsync(change, token)), cancel);

    /// <inheritdoc cref="IStateStore.TransactAsync"/>
    public Task TransactAsync(IReadOnlyList<StateChange> changes, CancellationToken cancel) =>
        RunAsync(token => Done(store.TransactAsync(changes, token)), cancel);

    private Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancel) => policy.RunAsync(
        async token =>
        {
            await gate.PassAsync(token);
            return await call(token);
        },
        static _ => null,
        null,
        cancel);

    private static async Task<bool> Done(Task task)
    {
        await task;
        return true;
    }
}
