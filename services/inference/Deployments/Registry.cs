using Agents.Defaults.Errors;
using Agents.Defaults.State;

namespace Agents.Inference.Deployments;

/// <summary>All deployments and aliases that were made by the API, in one record: an alias and what it names change together or not at all.</summary>
internal sealed record RegistryRecord(
    long Revision, IReadOnlyDictionary<string, DeploymentDefinition> Deployments, IReadOnlyDictionary<string, AliasDefinition> Aliases)
{
    public const string Key = "gateway/registry";

    public static RegistryRecord Empty { get; } =
        new(0, new Dictionary<string, DeploymentDefinition>(), new Dictionary<string, AliasDefinition>());
}

/// <summary>Changes the registry. Every replica follows within two seconds; this one at once.</summary>
internal sealed class Registry(Stores stores, Catalog catalog)
{
    // Keeps the record below the 256 KB that every store takes.
    public const int MaxDeployments = 150;
    public const int MaxAliases = 150;

    /// <summary>Creates or replaces a deployment. <paramref name="create"/>: it must not exist yet.</summary>
    public Task<Problem?> PutAsync(DeploymentDefinition deployment, bool create, CancellationToken cancellationToken) => ChangeAsync(registry =>
    {
        if (Refusal(registry.Deployments.ContainsKey(deployment.Id), registry.Aliases.ContainsKey(deployment.Id), deployment.Id, create, "deployment") is { } refusal)
            return (null, refusal);
        if (create && registry.Deployments.Count >= MaxDeployments)
            return (null, Problem.Conflict("too_many_deployments", $"There are {MaxDeployments} deployments already."));
        return (registry with { Deployments = With(registry.Deployments, deployment.Id, deployment) }, null);
    }, cancellationToken);

    /// <summary>Creates or replaces an alias.</summary>
    public Task<Problem?> PutAsync(AliasDefinition alias, bool create, CancellationToken cancellationToken) => ChangeAsync(registry =>
    {
        if (Refusal(registry.Aliases.ContainsKey(alias.Id), registry.Deployments.ContainsKey(alias.Id), alias.Id, create, "alias") is { } refusal)
            return (null, refusal);
        if (create && registry.Aliases.Count >= MaxAliases)
            return (null, Problem.Conflict("too_many_aliases", $"There are {MaxAliases} aliases already."));
        foreach (var target in alias.Targets)
        {
            if (!registry.Deployments.ContainsKey(target.Deployment) && !catalog.IsConfigured(target.Deployment))
                return (null, Problem.Invalid("targets", $"There is no deployment '{target.Deployment}'."));
        }
        return (registry with { Aliases = With(registry.Aliases, alias.Id, alias) }, null);
    }, cancellationToken);

    public Task<Problem?> DeleteDeploymentAsync(string id, CancellationToken cancellationToken) => ChangeAsync(registry =>
    {
        if (!registry.Deployments.ContainsKey(id))
            return (null, catalog.IsConfigured(id) ? Configured(id) : Problem.NotFound("deployment"));
        var user = registry.Aliases.Values.FirstOrDefault(alias => alias.Targets.Any(target => target.Deployment == id));
        return user is null
            ? (registry with { Deployments = Without(registry.Deployments, id) }, null)
            : (null, Problem.Conflict("deployment_in_use", $"The alias '{user.Id}' names this deployment."));
    }, cancellationToken);

    public Task<Problem?> DeleteAliasAsync(string id, CancellationToken cancellationToken) => ChangeAsync(
        registry => registry.Aliases.ContainsKey(id) ? (registry with { Aliases = Without(registry.Aliases, id) }, null) : (null, Problem.NotFound("alias")),
        cancellationToken);

    private async Task<Problem?> ChangeAsync(Func<RegistryRecord, (RegistryRecord? Next, Problem? Refusal)> change, CancellationToken cancellationToken)
    {
        Problem? refusal = null;
        var stored = await stores.Main.UpdateAsync<RegistryRecord>(RegistryRecord.Key, current =>
        {
            (var next, refusal) = change(current ?? RegistryRecord.Empty);
            return next is null ? null : next with { Revision = next.Revision + 1 };
        }, cancellationToken);
        if (refusal is not null)
            return refusal;
        catalog.Apply(stored!);
        await stores.Main.PutAsync(CatalogFollower.VersionKey, new RegistryVersion(stored!.Revision), cancellationToken);
        return null;
    }

    private Problem? Refusal(bool exists, bool taken, string id, bool create, string noun)
    {
        if (catalog.IsConfigured(id) && id != Names.Default)
            return Configured(id);
        if (taken)
            return Problem.Conflict("name_taken", $"The name '{id}' is taken.");
        if (create && exists)
            return Problem.Conflict($"{noun}_exists", $"There is a {noun} of this name already.");
        return !create && !exists ? Problem.NotFound(noun) : null;
    }

    private static Problem Configured(string id) =>
        Problem.Conflict("configured", $"'{id}' comes from the configuration of this installation and is changed there.");

    private static Dictionary<string, T> With<T>(IReadOnlyDictionary<string, T> all, string id, T value) => new(all) { [id] = value };

    private static Dictionary<string, T> Without<T>(IReadOnlyDictionary<string, T> all, string id)
    {
        var rest = new Dictionary<string, T>(all);
        rest.Remove(id);
        return rest;
    }
}

internal sealed record RegistryVersion(long Revision);
