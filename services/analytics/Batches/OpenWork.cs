using Agents.Defaults.State;

namespace Agents.Analytics.Batches;

/// <summary>Long work that is under way in the installation, of one kind: whoever holds its lease carries it out.</summary>
/// <param name="key">Where it is noted.</param>
internal sealed class OpenWork(Stores stores, string key)
{
    /// <summary>So much of one tenant at a time.</summary>
    public const int MostOfTenant = 5;

    private const int Most = 200;

    /// <summary>Notes work, before it has its record: whoever dies in between leaves nothing that nobody looks after.</summary>
    /// <returns>False when there is too much.</returns>
    public async Task<bool> AddAsync(WorkPlace place, CancellationToken cancellationToken)
    {
        var open = await stores.Main.UpdateAsync<Open>(
            key,
            current =>
            {
                var places = current?.Places ?? [];
                var full = places.Count >= Most || places.Count(other => other.Tenant == place.Tenant) >= MostOfTenant;
                return full || places.Contains(place) ? null : new Open([.. places, place]);
            },
            cancellationToken);
        return open!.Places.Contains(place);
    }

    public async Task<IReadOnlyList<WorkPlace>> ListAsync(CancellationToken cancellationToken) =>
        (await stores.Main.GetAsync<Open>(key, cancellationToken))?.Value.Places ?? [];

    /// <summary>Work is done, and everybody knows.</summary>
    public Task RemoveAsync(WorkPlace place, CancellationToken cancellationToken) => stores.Main.UpdateAsync<Open>(
        key, current => current?.Places.Contains(place) == true ? new Open([.. current.Places.Where(other => other != place)]) : null, cancellationToken);

    private sealed record Open(IReadOnlyList<WorkPlace> Places);
}

/// <summary>Whose work, and which.</summary>
internal sealed record WorkPlace(string Tenant, string Id);
