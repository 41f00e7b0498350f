using Agents.Defaults.Errors;
using Agents.Defaults.State;

namespace Agents.Conversation.Hooks.Webhooks;

/// <summary>What a tenant's receivers check signatures with.</summary>
/// <param name="Secret"><c>whsec_...</c>, as Standard Webhooks libraries take it.</param>
public sealed record WebhookSecret(string Id, string Secret, DateTimeOffset CreatedAt);

/// <summary>
/// A tenant's secrets, <c>webhook-secrets/{tenant}</c>: deliveries are signed with each of them, so that one can follow another without a gap.
/// </summary>
internal sealed class WebhookSecrets(Stores stores, TimeProvider time)
{
    public const string Prefix = "whs";

    private const int Max = 5;

    /// <summary>The newest last; the first one is made when it is asked for.</summary>
    public async Task<IReadOnlyList<WebhookSecret>> ListAsync(string tenant, CancellationToken cancellationToken)
    {
        var secrets = await stores.Main.UpdateAsync<List<WebhookSecret>>(
            Key(tenant), current => current is { Count: > 0 } ? null : [New(Defaults.Api.Ids.New(Prefix))], cancellationToken);
        return secrets!;
    }

    /// <summary>Adds a secret. Adding the same id again changes nothing.</summary>
    /// <exception cref="ProblemException">409 <c>too_many_secrets</c>.</exception>
    public async Task<WebhookSecret> AddAsync(string tenant, string id, CancellationToken cancellationToken)
    {
        var added = New(id);
        var secrets = await stores.Main.UpdateAsync<List<WebhookSecret>>(
            Key(tenant),
            current => current?.Any(secret => secret.Id == id) == true ? null
                : current?.Count >= Max ? throw new ProblemException(Problem.Conflict("too_many_secrets", $"There are {Max} secrets already; delete one that nobody uses."))
                : [.. current ?? [], added],
            cancellationToken);
        return secrets!.Single(secret => secret.Id == id);
    }

    /// <summary>False when there is no such secret.</summary>
    public async Task<bool> DeleteAsync(string tenant, string id, CancellationToken cancellationToken)
    {
        var found = false;
        await stores.Main.UpdateAsync<List<WebhookSecret>>(
            Key(tenant),
            current =>
            {
                found = current?.Any(secret => secret.Id == id) == true;
                return found ? [.. current!.Where(secret => secret.Id != id)] : null;
            },
            cancellationToken);
        return found;
    }

    private WebhookSecret New(string id) => new(id, WebhookSignature.NewSecret(), time.GetUtcNow());

    private static string Key(string tenant) => $"webhook-secrets/{tenant}";
}
