using System.Collections.Frozen;
using Agents.Defaults.Api;
using Agents.Inference.Models;
using Agents.Inference.Providers;
using Agents.Inference.Providers.Extractive;
using Agents.Inference.Providers.OpenAi;
using Agents.Inference.Routing;
using Microsoft.Extensions.Options;

namespace Agents.Inference.Deployments;

/// <summary>
/// What callers may name, as this replica knows it: deployments of the configuration, those of the registry, aliases, and the built-in
/// extractor. A change swaps the whole picture; calls under way keep theirs, and an unchanged deployment keeps what is known of its
/// endpoints.
/// </summary>
internal sealed class Catalog
{
    /// <summary>Answers without key and network; see <see cref="ExtractiveProvider"/>.</summary>
    public const string BuiltIn = "extractive";

    private readonly FrozenDictionary<string, Deployment> _configured;
    private readonly string _default;
    private readonly OpenAiProviders _openAi;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private volatile Picture _picture;

    public Catalog(IOptions<ModelsOptions> options, OpenAiProviders openAi, TimeProvider time)
    {
        (_openAi, _time) = (openAi, time);
        var models = options.Value.Models.Select(model => model.ToDefinition()).ToList();
        var builtIn = new DeploymentDefinition(BuiltIn, ProviderKind.Extractive);
        _configured = models.Append(builtIn).Select(Create).ToFrozenDictionary(deployment => deployment.Id, StringComparer.Ordinal);
        ConfiguredIds = [.. models.Select(model => model.Id), BuiltIn];
        _default = options.Value.DefaultModel is { Length: > 0 } named ? named : models.FirstOrDefault()?.Id ?? BuiltIn;
        _picture = Draw(RegistryRecord.Empty, null);
    }

    /// <summary>In the order of the configuration, the built-in one last.</summary>
    public IReadOnlyList<string> ConfiguredIds { get; }

    /// <summary>The registry that the picture shows.</summary>
    public RegistryRecord Registry => _picture.Registry;

    /// <summary>All names that callers see, with a deployment that answers for each: the registry's first, then the configured ones.</summary>
    public IReadOnlyList<(string Id, Deployment Deployment)> Listed => _picture.Listed;

    public bool IsConfigured(string id) => _configured.ContainsKey(id);

    public DeploymentDefinition? Configured(string id) => _configured.GetValueOrDefault(id)?.Definition;

    /// <summary>What the name stands for; null when nothing has it.</summary>
    public ModelRoute? Find(string name) => _picture.Routes.GetValueOrDefault(name);

    /// <summary>Shows another registry, unless this one is newer.</summary>
    public void Apply(RegistryRecord registry)
    {
        lock (_gate)
        {
            if (registry.Revision > _picture.Registry.Revision)
                _picture = Draw(registry, _picture);
        }
    }

    private Picture Draw(RegistryRecord registry, Picture? before)
    {
        var deployments = registry.Deployments.Values
            .Select(definition => before?.Deployments.GetValueOrDefault(definition.Id) is { } known && Same(known.Definition, definition) ? known : Create(definition))
            .ToDictionary(deployment => deployment.Id, StringComparer.Ordinal);
        var routes = _configured.Values.Concat(deployments.Values).ToDictionary(deployment => deployment.Id, Direct, StringComparer.Ordinal);
        var chosen = routes[_default];
        routes[Names.Default] = chosen with { Name = Names.Default, IsAlias = true };
        foreach (var alias in registry.Aliases.Values)
        {
            var targets = alias.Targets
                .Select(target => (Found: deployments.GetValueOrDefault(target.Deployment) ?? _configured.GetValueOrDefault(target.Deployment), target.Weight))
                .Where(target => target.Found is not null).ToList();
            // A configured model that an alias names may be gone after a restart with another configuration.
            if (targets.Count > 0)
                routes[alias.Id] = Alias(alias, [.. targets.Select(target => target.Found!)], [.. targets.Select(target => target.Weight ?? 1)]);
        }
        var listed = deployments.Keys.Order(StringComparer.Ordinal)
            .Concat(registry.Aliases.Keys.Where(id => id != Names.Default && routes.ContainsKey(id)).Order(StringComparer.Ordinal))
            .Concat(ConfiguredIds).Select(id => (id, routes[id].Targets[0])).ToList();
        return new Picture(registry, deployments, routes.ToFrozenDictionary(StringComparer.Ordinal), listed);
    }

    private static ModelRoute Direct(Deployment deployment) => new(
        deployment.Id, IsAlias: false, AliasMode.Ordered, [deployment], [1], Signature([deployment]), Ttl(deployment.Definition.CacheTtlSeconds));

    private static ModelRoute Alias(AliasDefinition alias, IReadOnlyList<Deployment> targets, IReadOnlyList<int> weights) => new(
        alias.Id, IsAlias: true, alias.Mode ?? AliasMode.Ordered, targets, weights, Signature(targets), Ttl(alias.CacheTtlSeconds));

    private static TimeSpan Ttl(int? seconds) => TimeSpan.FromSeconds(seconds ?? 0);

    private static string Signature(IReadOnlyList<Deployment> targets) => string.Join(
        '\n', targets.Select(target => $"{target.Id}\t{target.Definition.Model}\t{target.Definition.Version}\t{string.Join(' ', target.Definition.Endpoints ?? [])}"));

    private static bool Same(DeploymentDefinition one, DeploymentDefinition other) =>
        System.Text.Json.JsonSerializer.Serialize(one, Json.Options) == System.Text.Json.JsonSerializer.Serialize(other, Json.Options);

    private Deployment Create(DeploymentDefinition definition)
    {
        var extractive = definition.EffectiveProvider == ProviderKind.Extractive;
        IModelProvider provider = extractive ? new ExtractiveProvider(_time) : _openAi.Create(definition);
        IEnumerable<Uri> addresses = extractive ? [new Uri("extractive:/")] : definition.Endpoints!;
        return new Deployment(definition, provider, [.. addresses.Select(address => new Upstream(address, definition.Limits, _time))]);
    }

    private sealed record Picture(
        RegistryRecord Registry, IReadOnlyDictionary<string, Deployment> Deployments, FrozenDictionary<string, ModelRoute> Routes,
        IReadOnlyList<(string, Deployment)> Listed);
}
