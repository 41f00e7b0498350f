using System.Collections.Concurrent;

namespace Dapr.Actors.Runtime;

/// <summary>The instances of one actor type that are in memory.</summary>
internal sealed class ActiveActors(ActorTypeInformation type, ActorActivator activator, Func<ActorId, ActorHost> hostOf)
{
    private readonly ConcurrentDictionary<ActorId, ActorActivatorState> _active = new();

    public ActorTypeInformation Type { get; } = type;

    public ActorMethods Methods { get; } = new(type);

    public async Task<Actor> GetAsync(ActorId id)
    {
        if (_active.TryGetValue(id, out var active)) return active.Actor;
        var created = await activator.CreateAsync(hostOf(id));
        try
        {
            await created.Actor.ActivateAsync();
        }
        catch
        {
            await activator.DeleteAsync(created);
            throw;
        }

        var kept = _active.GetOrAdd(id, created);
        // The sidecar lets in one call at a time, so a second instance is only made when it was mistaken. The first one stays.
        if (!ReferenceEquals(kept, created)) await EndAsync(created);
        return kept.Actor;
    }

    public Task DeactivateAsync(ActorId id) => _active.TryRemove(id, out var active) ? EndAsync(active) : Task.CompletedTask;

    private async Task EndAsync(ActorActivatorState state)
    {
        try
        {
            await state.Actor.DeactivateAsync();
        }
        finally
        {
            await activator.DeleteAsync(state);
        }
    }
}
