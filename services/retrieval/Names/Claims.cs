using Agents.Defaults.State;

namespace Agents.Retrieval.Names;

/// <summary>Unique names on a store without queries: one record per name says whose it is.</summary>
internal sealed class Claims(Stores stores)
{
    private static readonly TimeSpan FreedKept = TimeSpan.FromMinutes(1);

    /// <summary>Who holds the name; null when nobody does.</summary>
    public async Task<string?> HolderAsync(string key, CancellationToken cancellationToken) =>
        (await stores.Main.GetAsync<Claim>(key, cancellationToken))?.Value.Holder is { Length: > 0 } holder ? holder : null;

    /// <summary>Takes the name for <paramref name="id"/>, unless another holder is still there.</summary>
    /// <param name="isThere">Whether an earlier holder still exists; one that does not loses the name.</param>
    /// <returns>Who holds the name now.</returns>
    public async Task<string> TakeAsync(
        string key, string id, Func<string, CancellationToken, Task<bool>> isThere, CancellationToken cancellationToken)
    {
        while (true)
        {
            var current = await stores.Main.GetAsync<Claim>(key, cancellationToken);
            if (current?.Value.Holder is { Length: > 0 } holder && await isThere(holder, cancellationToken))
                return holder;
            var taken = current is null
                ? await stores.Main.TryCreateAsync(key, new Claim(id), cancellationToken)
                : await stores.Main.TryReplaceAsync(key, new Claim(id), current.ETag, cancellationToken);
            if (taken)
                return id;
        }
    }

    /// <summary>Frees the name if <paramref name="id"/> holds it.</summary>
    public async Task ReleaseAsync(string key, string id, CancellationToken cancellationToken)
    {
        // Not deleted: between a look and a delete somebody else may take it.
        if (await stores.Main.GetAsync<Claim>(key, cancellationToken) is { } current && current.Value.Holder == id)
            await stores.Main.TryReplaceAsync(key, new Claim(""), current.ETag, cancellationToken, FreedKept);
    }

    private sealed record Claim(string Holder);
}
