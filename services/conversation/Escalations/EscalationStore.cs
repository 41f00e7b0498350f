using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Ledgers;
using Agents.Defaults.Paging;
using Agents.Defaults.State;

namespace Agents.Conversation.Escalations;

/// <summary>Escalations, <c>escalation/{tenant}/{id}</c>: one ETag-guarded record each, so that of several who claim one a single one gets it.</summary>
internal sealed class EscalationStore(Stores stores, LedgerSet ledgers, TimeProvider time)
{
    public const string Prefix = "esc";

    private static readonly TimeSpan Kept = TimeSpan.FromDays(30);

    /// <summary>Adds an escalation. Adding the same one again changes nothing.</summary>
    /// <returns>The escalation, as it was created first.</returns>
    public async Task<Escalation> CreateAsync(string tenant, Escalation escalation, CancellationToken cancellationToken)
    {
        var created = false;
        await List(tenant).AddOnceAsync(
            escalation.Id,
            async () => created = await stores.Main.TryCreateAsync(Key(tenant, escalation.Id), escalation, cancellationToken, Kept),
            cancellationToken);
        return created ? escalation : await FindAsync(tenant, escalation.Id, cancellationToken) ?? escalation;
    }

    public async Task<Escalation?> FindAsync(string tenant, string id, CancellationToken cancellationToken) =>
        Ids.IsValid(Prefix, id) ? (await stores.Main.GetAsync<Escalation>(Key(tenant, id), cancellationToken))?.Value.At(time.GetUtcNow()) : null;

    /// <summary>Changes an escalation, seen as it is now; <paramref name="change"/> may refuse.</summary>
    /// <exception cref="ProblemException">What <paramref name="change"/> throws.</exception>
    public Task<Escalation?> UpdateAsync(string tenant, string id, Func<Escalation, Escalation> change, CancellationToken cancellationToken) =>
        Ids.IsValid(Prefix, id)
            ? stores.Main.UpdateAsync<Escalation>(
                Key(tenant, id), current => current is null ? null : change(current.At(time.GetUtcNow())), cancellationToken, Kept)
            : Task.FromResult<Escalation?>(null);

    public Task DeleteAsync(string tenant, string id, CancellationToken cancellationToken) => stores.Main.DeleteAsync(Key(tenant, id), cancellationToken);

    public Task<Page<Escalation>> PageAsync(string tenant, PageQuery query, Func<Escalation, bool> fits, CancellationToken cancellationToken) =>
        List(tenant).PageAsync<Escalation>(
            query,
            async (ids, token) =>
            {
                var found = await stores.Main.GetManyAsync<Escalation>([.. ids.Select(id => Key(tenant, id))], token);
                return [.. found.Values.Select(record => record.Value.At(time.GetUtcNow())).Where(fits)];
            },
            escalation => escalation.Id,
            cancellationToken);

    private Listing List(string tenant) => new(ledgers.Get<string>($"escalations/{tenant}"));

    private static string Key(string tenant, string id) => $"escalation/{tenant}/{id}";
}
